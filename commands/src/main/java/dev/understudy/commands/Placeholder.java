// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

/** A package that is exported must not be empty: goes as soon as the first real type is here. */
interface Placeholder {}
