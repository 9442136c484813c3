// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

/** Passes over what modules have saved, which its annotations allow without knowing them (rdbLoadCheckModuleValue). */
final class ModuleData {
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private static final int NAME_LENGTH = 9;
    private static final int VERSION_BITS = 10;

    private ModuleData() {}

    /**
     * The nine letters of a module type's id: six bits each, the first ones uppermost, above ten bits of encoding
     * version.
     */
    static String name(long id) {
        char[] name = new char[NAME_LENGTH];
        long rest = id >>> VERSION_BITS;
        for (int i = NAME_LENGTH - 1; i >= 0; i--) {
            name[i] = LETTERS.charAt((int) rest & 63);
            rest >>>= 6;
        }
        return new String(name);
    }

    /** Passes over typed items up to the one that ends them. */
    static void skip(RdbInput input, String name) throws RdbFault {
        while (true) {
            long item = input.length();
            if (item == RdbFormat.MODULE_ITEM_END) {
                return;
            }
            if (item < 0 || item > RdbFormat.MODULE_ITEM_STRING) {
                throw input.corrupt("Unknown item " + item + " in the data of module type '" + name + "'");
            }
            switch ((int) item) {
                case RdbFormat.MODULE_ITEM_SIGNED, RdbFormat.MODULE_ITEM_UNSIGNED -> input.length();
                case RdbFormat.MODULE_ITEM_FLOAT -> input.skip(4);
                case RdbFormat.MODULE_ITEM_DOUBLE -> input.skip(8);
                default -> input.skipString();
            }
        }
    }
}
