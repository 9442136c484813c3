// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The position that the files of an append-only file lead to, read by a parser of the simulation's own. It is that of the last annotation or
 * base, if no command stands behind it; a replica drops what stands behind the last annotation of its last file.
 */
final class AofHead {
    private static final String MANIFEST = CrashPlace.AOF_DIRECTORY + "/appendonly.aof.manifest";
    private static final String POSITION = "#POS:";

    private final boolean replica;
    private final long cutBytesMax;
    private @Nullable DumpHead position;
    private boolean commandsBehind;
    // ---- of the file being read
    private String text = "";
    private int at;
    private String id = "";
    private int positionEnd;

    private AofHead(boolean replica, long cutBytesMax) {
        this.replica = replica;
        this.cutBytesMax = cutBytesMax;
    }

    /**
     * The position, or null if there is none.
     *
     * @param cutBytesMax what a replica drops at most, bytes
     */
    static @Nullable DumpHead read(SimDisk disk, boolean replica, long cutBytesMax) {
        byte[] manifest = disk.contents(MANIFEST);
        if (manifest == null) {
            return null;
        }
        AofHead head = new AofHead(replica, cutBytesMax);
        List<String> names = names(new String(manifest, StandardCharsets.ISO_8859_1));
        for (String name : names) {
            byte[] file = disk.contents(CrashPlace.AOF_DIRECTORY + "/" + name);
            if (file != null) {
                head.file(file, name.equals(names.getLast()));
            }
        }
        return head.commandsBehind ? null : head.position;
    }

    private static List<String> names(String manifest) {
        List<String> names = new ArrayList<>();
        for (String line : manifest.split("\n")) {
            String[] words = line.split(" ");
            if (words.length >= 6 && !words[5].equals("h")) {
                names.add(words[1]);
            }
        }
        return names;
    }

    private void file(byte[] bytes, boolean last) {
        text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (text.startsWith("REDIS")) {
            position = DumpHead.read(bytes);
            return;
        }
        at = 0;
        id = "";
        positionEnd = -1;
        boolean multi = false;
        DumpHead told = null;
        boolean behind = false;
        while (at < text.length()) {
            int begin = at;
            String first = text.charAt(at) == '#' ? line() : command();
            if (first == null) {
                break;
            }
            DumpHead here = first.startsWith(POSITION) ? position(first) : null;
            if (here != null) {
                told = here;
                positionEnd = at;
                behind = false;
            } else if (text.charAt(begin) == '*') {
                multi = multi ? !first.equalsIgnoreCase("EXEC") : first.equalsIgnoreCase("MULTI");
                behind |= !multi;
            }
        }
        if (told != null) {
            boolean cut = last && replica && text.length() - positionEnd <= cutBytesMax;
            position = told;
            commandsBehind = behind && !cut;
        } else {
            commandsBehind |= behind;
        }
    }

    /** A line without its end, null if it has none. */
    private @Nullable String line() {
        int end = text.indexOf("\r\n", at);
        if (end < 0) {
            return null;
        }
        String line = text.substring(at, end);
        at = end + 2;
        return line;
    }

    /** The name of a command that is there as a whole, else null. */
    private @Nullable String command() {
        String head = line();
        if (head == null || !head.startsWith("*") || number(head) <= 0) {
            return null;
        }
        String name = "";
        for (int i = number(head); i > 0; i--) {
            String length = line();
            int bytes = length == null || !length.startsWith("$") ? -1 : number(length);
            int from = at;
            at += bytes + 2;
            if (bytes < 0 || at > text.length()) {
                return null;
            }
            name = name.isEmpty() ? text.substring(from, at - 2) : name;
        }
        return name;
    }

    /** The number behind the first character, -1 if there is none. */
    private static int number(String line) {
        return line.matches(".\\d{1,9}") ? Integer.parseInt(line.substring(1)) : -1;
    }

    private @Nullable DumpHead position(String line) {
        String[] parts = line.substring(POSITION.length()).split(":");
        if (parts.length == 3) {
            id = parts[0];
        }
        return id.isEmpty() ? null : new DumpHead(id, Long.parseLong(parts[parts.length == 3 ? 1 : 0]));
    }
}
