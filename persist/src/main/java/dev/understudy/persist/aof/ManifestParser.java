// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import dev.understudy.persist.aof.AofManifest.Entry;
import dev.understudy.persist.aof.AofManifest.Invalid;
import dev.understudy.persist.aof.AofManifest.Parsed;
import dev.understudy.persist.aof.AofManifest.Valid;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.InlineSplitter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text of a manifest line by line, as aofLoadManifestFromFile does by fgets: a comment that is too long
 * goes on as a line of its own, a last line without LF is too long as well.
 */
final class ManifestParser {
    private static final String EMPTY = "Found an empty AOF manifest";
    private static final String TOO_LONG = "The AOF manifest file contains too long line";
    private static final String FORMAT = "Invalid AOF manifest file format";
    private static final String PATH = "File can't be a path, just a filename";
    private static final String TWO_BASES = "Found duplicate base file information";
    private static final String NOT_MONOTONIC = "Found a non-monotonic sequence number";
    private static final String UNKNOWN_TYPE = "Unknown AOF file type";

    private static final int WORDS_MIN = 6;

    private final byte[] text;
    private final InlineSplitter splitter = new InlineSplitter();
    private final Bytes word = new Bytes();
    private final List<Entry> history = new ArrayList<>();
    private final List<Entry> incrs = new ArrayList<>();
    private @Nullable Entry base;

    ManifestParser(byte[] text) {
        this.text = text;
    }

    Parsed parse() {
        if (text.length == 0) {
            return new Invalid(0, "", EMPTY);
        }
        int number = 0;
        for (int from = 0, end; from < text.length; from = end) {
            end = lineEnd(from);
            number++;
            if (text[from] == '#') {
                continue;
            }
            if (!isLine(from, end)) {
                return new Invalid(0, "", TOO_LONG);
            }
            String reason = line(from, end);
            if (reason != null) {
                return new Invalid(number, trimmed(from, end), reason);
            }
        }
        return new Valid(new AofManifest(
                base,
                history,
                incrs,
                base == null ? 0 : base.seq(),
                incrs.isEmpty() ? 0 : incrs.getLast().seq()));
    }

    /** Behind the LF, or where the buffer that Redis reads into is full. */
    private int lineEnd(int from) {
        int most = Math.min(text.length, from + AofManifest.LINE_BYTES_MAX);
        int at = from;
        while (at < most && text[at] != '\n') {
            at++;
        }
        return at < most ? at + 1 : most;
    }

    /** Whether the line has its LF, and no NUL, which hides it. */
    private boolean isLine(int from, int end) {
        for (int i = from; i < end; i++) {
            if (text[i] == 0) {
                return false;
            }
        }
        return text[end - 1] == '\n';
    }

    private String trimmed(int from, int end) {
        int first = from;
        int behind = end;
        while (first < behind && isBlank(text[first])) {
            first++;
        }
        while (behind > first && isBlank(text[behind - 1])) {
            behind--;
        }
        return new String(text, first, behind - first, StandardCharsets.UTF_8);
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t' || b == '\r' || b == '\n';
    }

    /** Takes one line; returns what is wrong with it. */
    private @Nullable String line(int from, int end) {
        int words = splitter.split(text, from, end);
        if (words < WORDS_MIN || words % 2 != 0) {
            return FORMAT;
        }
        String name = "";
        long seq = 0;
        int type = 0;
        for (int i = 0; i < words; i += 2) {
            if (word(i).is("file")) {
                name = cString(word(i + 1));
                if (!isBaseName(name)) {
                    return PATH;
                }
            } else if (word(i).is("seq")) {
                seq = number(word(i + 1));
            } else if (word(i).is("type")) {
                type = word(i + 1).isEmpty() ? 0 : word.at(0);
            }
        }
        return name.isEmpty() || seq == 0 || type == 0 ? FORMAT : entry(name, seq, (char) type);
    }

    private Bytes word(int index) {
        return word.set(splitter.text(), splitter.offset(index), splitter.length(index));
    }

    private @Nullable String entry(String name, long seq, char type) {
        switch (type) {
            case 'b' -> {
                if (base != null) {
                    return TWO_BASES;
                }
                base = new Entry(name, seq, AofManifest.Type.BASE);
            }
            case 'h' -> history.add(new Entry(name, seq, AofManifest.Type.HISTORY));
            case 'i' -> {
                if (seq <= (incrs.isEmpty() ? 0 : incrs.getLast().seq())) {
                    return NOT_MONOTONIC;
                }
                incrs.add(new Entry(name, seq, AofManifest.Type.INCR));
            }
            default -> {
                return UNKNOWN_TYPE;
            }
        }
        return null;
    }

    /** A NUL, which can be written as an escape, ends the name. */
    private static String cString(Bytes bytes) {
        int length = 0;
        while (length < bytes.length && bytes.at(length) != 0) {
            length++;
        }
        return new String(bytes.array, bytes.offset, length, StandardCharsets.UTF_8);
    }

    /** Beyond Redis's check, which is for slashes, the two names that every directory has are paths too. */
    private static boolean isBaseName(String name) {
        return name.indexOf('/') < 0 && name.indexOf('\\') < 0 && !name.equals(".") && !name.equals("..");
    }

    /** What atoll makes of the text. */
    private static long number(Bytes text) {
        int at = 0;
        while (at < text.length && (text.at(at) == ' ' || text.at(at) >= '\t' && text.at(at) <= '\r')) {
            at++;
        }
        return Decimals.leading(text.array, text.offset + at, text.offset + text.length);
    }
}
