// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

/** The numbers of the RDB format, under the names that rdb.h gives them. */
final class RdbFormat {
    /** The version that a 7.2 server writes. */
    static final int VERSION = 11;
    /** The newest version that the reader takes: of 13 (Redis 8.4 and later) all that older versions have too, and the rest is refused by name. */
    static final int VERSION_READABLE_MAX = 13;

    static final int HEADER_BYTES = 9;
    static final int CHECKSUM_BYTES = 8;

    static final int OPCODE_KEY_META = 243;
    static final int OPCODE_SLOT_INFO = 244;
    static final int OPCODE_FUNCTION2 = 245;
    static final int OPCODE_FUNCTION_PRE_GA = 246;
    static final int OPCODE_MODULE_AUX = 247;
    static final int OPCODE_IDLE = 248;
    static final int OPCODE_FREQ = 249;
    static final int OPCODE_AUX = 250;
    static final int OPCODE_RESIZEDB = 251;
    static final int OPCODE_EXPIRETIME_MS = 252;
    static final int OPCODE_EXPIRETIME = 253;
    static final int OPCODE_SELECTDB = 254;
    static final int OPCODE_EOF = 255;

    static final int TYPE_STRING = 0;
    static final int TYPE_LIST = 1;
    static final int TYPE_SET = 2;
    static final int TYPE_ZSET = 3;
    static final int TYPE_HASH = 4;
    static final int TYPE_ZSET_2 = 5;
    static final int TYPE_MODULE_PRE_GA = 6;
    static final int TYPE_MODULE_2 = 7;
    static final int TYPE_HASH_ZIPMAP = 9;
    static final int TYPE_LIST_ZIPLIST = 10;
    static final int TYPE_SET_INTSET = 11;
    static final int TYPE_ZSET_ZIPLIST = 12;
    static final int TYPE_HASH_ZIPLIST = 13;
    static final int TYPE_LIST_QUICKLIST = 14;
    static final int TYPE_STREAM_LISTPACKS = 15;
    static final int TYPE_HASH_LISTPACK = 16;
    static final int TYPE_ZSET_LISTPACK = 17;
    static final int TYPE_LIST_QUICKLIST_2 = 18;
    static final int TYPE_STREAM_LISTPACKS_2 = 19;
    static final int TYPE_SET_LISTPACK = 20;
    static final int TYPE_STREAM_LISTPACKS_3 = 21;
    static final int TYPE_HASH_METADATA_PRE_GA = 22;
    static final int TYPE_HASH_LISTPACK_EX_PRE_GA = 23;
    static final int TYPE_HASH_METADATA = 24;
    static final int TYPE_HASH_LISTPACK_EX = 25;

    /** First bits of a length's first byte. */
    static final int LENGTH_6 = 0;

    static final int LENGTH_14 = 1;
    static final int LENGTH_32 = 0x80;
    static final int LENGTH_64 = 0x81;

    static final int STRING_INT8 = 0;
    static final int STRING_INT16 = 1;
    static final int STRING_INT32 = 2;
    static final int STRING_LZF = 3;

    static final int NODE_PLAIN = 1;
    static final int NODE_PACKED = 2;

    static final int MODULE_ITEM_END = 0;
    static final int MODULE_ITEM_SIGNED = 1;
    static final int MODULE_ITEM_UNSIGNED = 2;
    static final int MODULE_ITEM_FLOAT = 3;
    static final int MODULE_ITEM_DOUBLE = 4;
    static final int MODULE_ITEM_STRING = 5;

    private RdbFormat() {}
}
