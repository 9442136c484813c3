// SPDX-License-Identifier: Apache-2.0
/** RESP2 and RESP3 tokens, decoder and encoder. Depends on nothing. */
module dev.understudy.wire {
    requires static org.jspecify;

    exports dev.understudy.wire;
}
