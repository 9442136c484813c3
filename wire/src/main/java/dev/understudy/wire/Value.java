// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** A reply as a client sees it, RESP2 or RESP3: what {@link RespReader} reads. */
public sealed interface Value {
    /** {@code +text}. */
    record Simple(String text) implements Value {}

    /** {@code -CODE message}, or a RESP3 blob error. */
    record Failure(String message) implements Value {}

    /** {@code :number}. */
    record Int(long number) implements Value {}

    /** {@code $} or {@code =}; a verbatim string without its format. */
    record Bulk(Bytes bytes) implements Value {
        public static Bulk of(String text) {
            return new Bulk(Bytes.of(text));
        }
    }

    /** {@code $-1}, {@code *-1} or {@code _}. */
    record Nil() implements Value {}

    /** {@code ,number}. */
    record Real(double number) implements Value {}

    /** {@code #t}, {@code #f}. */
    record Bool(boolean value) implements Value {}

    /** {@code (digits}. */
    record BigNumber(String digits) implements Value {}

    /** {@code *}. */
    record Array(List<Value> elements) implements Value {}

    /** {@code ~}. */
    record Set(List<Value> elements) implements Value {}

    /** {@code >}. */
    record Push(List<Value> elements) implements Value {}

    /** {@code %}: keys and values in turn. */
    record Map(List<Value> elements) implements Value {}

    /** The value in short, for people: texts as they are, aggregates in brackets. */
    default String text() {
        return switch (this) {
            case Simple(var text) -> text;
            case Failure(var message) -> message;
            case Int(var number) -> Long.toString(number);
            case Bulk(var bytes) -> new String(bytes.toArray(), StandardCharsets.UTF_8);
            case Nil() -> "(nil)";
            case Real(var number) -> Numbers.format(number);
            case Bool(var value) -> value ? "true" : "false";
            case BigNumber(var digits) -> digits;
            case Array(var elements) -> joined(elements);
            case Set(var elements) -> joined(elements);
            case Push(var elements) -> joined(elements);
            case Map(var elements) -> joined(elements);
        };
    }

    private static String joined(List<Value> elements) {
        return elements.stream().map(Value::text).collect(Collectors.joining(", ", "[", "]"));
    }
}
