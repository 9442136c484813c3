// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import dev.understudy.persist.Disk;
import dev.understudy.wire.Quoted;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which files an append-only file consists of (aofManifest of aof.c). Immutable: every step gives a new manifest,
 * which the caller makes durable before it is used. Any thread.
 *
 * <pre>
 * file appendonly.aof.2.base.rdb seq 2 type b
 * file appendonly.aof.1.incr.aof seq 1 type h
 * file appendonly.aof.2.incr.aof seq 2 type i
 * </pre>
 *
 * @param base the snapshot to begin with, null if there is none
 * @param history what is superseded and to be deleted
 * @param incrs what was written since the base, oldest first; their sequence numbers rise
 * @param lastBaseSeq sequence number of the newest base so far, 0 for none
 * @param lastIncrSeq sequence number of the newest incremental file so far, 0 for none
 */
public record AofManifest(
        @Nullable Entry base, List<Entry> history, List<Entry> incrs, long lastBaseSeq, long lastIncrSeq) {
    /** Longest line of the text, its LF included, bytes. */
    public static final int LINE_BYTES_MAX = 1024;

    /** Longest text that is read, bytes: some hundred thousand files. */
    static final int TEXT_BYTES_MAX = 16 << 20;

    /** No file at all: what a server without a manifest begins with. */
    public static final AofManifest EMPTY = new AofManifest(null, List.of(), List.of(), 0, 0);

    /** What a file is for. */
    public enum Type {
        BASE('b'),
        HISTORY('h'),
        INCR('i');

        final char letter;

        Type(char letter) {
            this.letter = letter;
        }
    }

    /**
     * One file.
     *
     * @param name without directory
     * @param seq not 0
     */
    public record Entry(String name, long seq, Type type) {
        Entry superseded() {
            return new Entry(name, seq, Type.HISTORY);
        }
    }

    /** What the bytes of a manifest turned out to be. */
    public sealed interface Parsed {}

    public record Valid(AofManifest manifest) implements Parsed {}

    /**
     * Not a manifest; nothing may be loaded then.
     *
     * @param line number of the line that is wrong, 1 and up; 0 if Redis does not tell it with this error
     * @param text the line without the blanks around it, empty if {@code line} is 0
     * @param reason in Redis's words
     */
    public record Invalid(int line, String text, String reason) implements Parsed {}

    public AofManifest {
        history = List.copyOf(history);
        incrs = List.copyOf(incrs);
    }

    /** Reads the text of a manifest file (aofLoadManifestFromFile). Never throws; memory in proportion to the text. */
    public static Parsed parse(byte[] text) {
        return new ManifestParser(text).parse();
    }

    /**
     * Reads a manifest file.
     *
     * @throws IOException if it cannot be read, or is longer than 16 MB
     */
    public static Parsed read(Disk disk, String name) throws IOException {
        try (Disk.File file = disk.open(name, Disk.Mode.READ)) {
            if (file.length() > TEXT_BYTES_MAX) {
                throw new IOException("the manifest is longer than " + TEXT_BYTES_MAX + " bytes");
            }
            byte[] text = new byte[(int) file.length()];
            for (int at = 0; at < text.length; ) {
                int count = file.read(text, at, text.length - at);
                if (count < 0) {
                    throw new IOException("the manifest became shorter while it was read");
                }
                at += count;
            }
            return parse(text);
        }
    }

    /** Whether there is nothing to load. */
    public boolean isEmpty() {
        return base == null && incrs.isEmpty();
    }

    /** The base, if there is one, and then the incremental files: the order of loading. */
    public List<Entry> loadOrder() {
        List<Entry> order = new ArrayList<>(incrs.size() + 1);
        if (base != null) {
            order.add(base);
        }
        order.addAll(incrs);
        return order;
    }

    /** The incremental file that is written at present, null if there is none. */
    public @Nullable Entry newestIncr() {
        return incrs.isEmpty() ? null : incrs.getLast();
    }

    // ---- steps

    /** With a further incremental file, the newest now; its number is above that of all so far. */
    public AofManifest withIncr(Entry incr) {
        if (incr.type() != Type.INCR || incr.seq() <= lastIncrSeq) {
            throw new IllegalArgumentException(incr + " behind " + lastIncrSeq);
        }
        List<Entry> more = new ArrayList<>(incrs);
        more.add(incr);
        return new AofManifest(base, history, more, lastBaseSeq, incr.seq());
    }

    /** With a further incremental file of the next number (getNewIncrAofName): {@link #newestIncr} tells its name. */
    public AofManifest withNextIncr(AofNames names) {
        long seq = lastIncrSeq + 1;
        return withIncr(new Entry(names.incr(seq), seq, Type.INCR));
    }

    /** The base that would come next (getNewBaseFileNameAndMarkPreAsHistory), for {@link #rewritten}. */
    public Entry nextBase(AofNames names, boolean rdb) {
        long seq = lastBaseSeq + 1;
        return new Entry(rdb ? names.baseRdb(seq) : names.baseAof(seq), seq, Type.BASE);
    }

    /**
     * With a base in place of the one there is, if any, and of no file else: migration, and the base of an empty
     * start.
     */
    public AofManifest withBase(Entry newBase) {
        if (newBase.type() != Type.BASE) {
            throw new IllegalArgumentException(newBase.toString());
        }
        return new AofManifest(newBase, history, incrs, newBase.seq(), lastIncrSeq);
    }

    /**
     * What a rewrite commits while the newest incremental file is being written: the new base holds everything before
     * that file, so the old base and all other incremental files become history (markRewrittenIncrAofAsHistory).
     */
    public AofManifest rewritten(Entry newBase) {
        return rewritten(newBase, Math.max(0, incrs.size() - 1));
    }

    /** What a rewrite commits while no file is being written (appendonly no): the new base holds everything. */
    public AofManifest rewrittenWhole(Entry newBase) {
        return rewritten(newBase, incrs.size());
    }

    private AofManifest rewritten(Entry newBase, int superseded) {
        List<Entry> past = new ArrayList<>(history.size() + superseded + 1);
        for (Entry incr : incrs.subList(0, superseded)) {
            past.add(incr.superseded());
        }
        if (base != null) {
            past.add(base.superseded());
        }
        past.addAll(history);
        List<Entry> kept = incrs.subList(superseded, incrs.size());
        return new AofManifest(base, past, kept, lastBaseSeq, lastIncrSeq).withBase(newBase);
    }

    /** Without any history: when it has been deleted, or its deletion has been begun (aofDelHistoryFiles). */
    public AofManifest withoutHistory() {
        return new AofManifest(base, List.of(), incrs, lastBaseSeq, lastIncrSeq);
    }

    /** Without these files of the history. */
    public AofManifest withoutHistory(Collection<Entry> deleted) {
        List<Entry> kept = new ArrayList<>(history);
        kept.removeAll(deleted);
        return new AofManifest(base, kept, incrs, lastBaseSeq, lastIncrSeq);
    }

    // ---- text

    /** The text of the manifest file (getAofManifestAsString): base, history, incremental files. */
    public byte[] text() {
        StringBuilder text = new StringBuilder(64 * (history.size() + incrs.size() + 1));
        if (base != null) {
            line(text, base);
        }
        history.forEach(entry -> line(text, entry));
        incrs.forEach(entry -> line(text, entry));
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void line(StringBuilder text, Entry entry) {
        byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
        String raw = new String(name, StandardCharsets.ISO_8859_1);
        text.append("file ").append(isPlain(name) ? raw : Quoted.of(raw));
        text.append(" seq ").append(entry.seq());
        text.append(" type ").append(entry.type().letter).append('\n');
    }

    /**
     * Whether a name needs no quotes (the negation of sdsneedsrepr, and single quotes, which sdssplitargs would take
     * as such).
     */
    private static boolean isPlain(byte[] name) {
        for (byte b : name) {
            if (b <= ' ' || b > '~' || b == '\\' || b == '"' || b == '\'') {
                return false;
            }
        }
        return name.length > 0;
    }
}
