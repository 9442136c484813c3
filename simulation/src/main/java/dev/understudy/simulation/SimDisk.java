// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.persist.Disk;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One machine's disk. It outlives processes. When the power fails, what was written and not synced is lost, or partly there, and so are
 * the changes of the directory since it was last synced: a journal keeps their order, so a prefix of them survives.
 */
final class SimDisk implements Disk {
    private final SplittableRandom random;
    private final TreeMap<String, Inode> names = new TreeMap<>();
    private TreeMap<String, Inode> durableNames = new TreeMap<>();
    private final List<Change> journal = new ArrayList<>();
    private int failOneIn;
    private String failure = "";
    private long failures;
    private boolean full;
    private Consumer<String> renamed = _ -> {};

    SimDisk(SplittableRandom random) {
        this.random = random;
    }

    /** The contents of a file, whatever its name is. */
    private static final class Inode {
        byte[] bytes = new byte[256];
        int length;
        byte[] durable = new byte[0];
    }

    /** A change of the directory that is not durable yet: {@code name} became {@code inode}, or went. */
    private record Change(String name, @Nullable Inode inode) {}

    // ---- faults

    /** From now on one call in {@code oneIn} fails with {@code reason}; 0: none. */
    void fail(int oneIn, String reason) {
        failOneIn = oneIn;
        failure = reason;
    }

    /** Has {@code listener} hear of every name that a file has got in the place of another one. */
    void onRename(Consumer<String> listener) {
        renamed = listener;
    }

    /** Whether there is no room for another byte. */
    void full(boolean now) {
        full = now;
    }

    /** Calls that were made to fail. */
    long failures() {
        return failures;
    }

    /** Power fails: only what was durable is sure to be there afterwards. */
    void losePower() {
        int kept = random.nextInt(journal.size() + 1);
        for (int i = 0; i < kept; i++) {
            apply(durableNames, journal.get(i));
        }
        journal.clear();
        names.clear();
        names.putAll(durableNames);
        List<Inode> torn = new ArrayList<>();
        for (Inode inode : names.values()) {
            if (!torn.contains(inode)) {
                torn.add(inode);
                tear(inode);
            }
        }
    }

    /** Somebody has cleared the disk. */
    void lose() {
        names.clear();
        durableNames.clear();
        journal.clear();
    }

    /** The bytes of a file as a process would read them, null if there is none. */
    byte @Nullable [] contents(String name) {
        Inode inode = names.get(name);
        return inode == null ? null : Arrays.copyOf(inode.bytes, inode.length);
    }

    private static void apply(Map<String, Inode> target, Change change) {
        Inode inode = change.inode();
        if (inode == null) {
            target.remove(change.name());
        } else {
            target.put(change.name(), inode);
        }
    }

    private void tear(Inode inode) {
        byte[] written = Arrays.copyOf(inode.bytes, inode.length);
        if (Arrays.equals(written, inode.durable)) {
            return;
        }
        int length = random.nextBoolean() || written.length <= inode.durable.length
                ? inode.durable.length
                : random.nextInt(inode.durable.length, written.length + 1);
        byte[] left = Arrays.copyOf(inode.durable, length);
        int reached = random.nextInt(length + 1);
        System.arraycopy(written, 0, left, 0, Math.min(reached, written.length));
        inode.bytes = Arrays.copyOf(left, Math.max(256, length));
        inode.length = length;
        inode.durable = left;
    }

    private void check() throws IOException {
        if (failOneIn > 0 && random.nextInt(failOneIn) == 0) {
            failures++;
            throw new IOException(failure);
        }
    }

    // ---- files

    private Inode inode(String name) throws FileNotFoundException {
        Inode inode = names.get(name);
        if (inode == null) {
            throw new FileNotFoundException(name + ": No such file or directory");
        }
        return inode;
    }

    private void change(String name, @Nullable Inode inode) {
        Change change = new Change(name, inode);
        journal.add(change);
        apply(names, change);
    }

    @Override
    public File open(String name, Mode mode) throws IOException {
        check();
        Inode known = names.get(name);
        Inode inode = switch (mode) {
            case READ, UPDATE -> inode(name);
            case CREATE -> {
                if (known != null) {
                    throw new IOException(name + ": File exists");
                }
                yield created(name);
            }
            case APPEND -> known == null ? created(name) : known;
            case REPLACE -> {
                Inode emptied = known == null ? created(name) : known;
                emptied.length = 0;
                yield emptied;
            }
        };
        return new Open(inode, mode);
    }

    private Inode created(String name) {
        Inode inode = new Inode();
        change(name, inode);
        return inode;
    }

    @Override
    public boolean exists(String name) {
        return names.containsKey(name);
    }

    @Override
    public long length(String name) throws IOException {
        return inode(name).length;
    }

    @Override
    public void rename(String from, String to) throws IOException {
        check();
        Inode inode = inode(from);
        change(to, inode);
        change(from, null);
        renamed.accept(to);
    }

    @Override
    public boolean delete(String name) throws IOException {
        check();
        if (!names.containsKey(name)) {
            return false;
        }
        change(name, null);
        return true;
    }

    @Override
    public void makeDirectory(String name) {
        // Names are paths here.
    }

    @Override
    public List<String> list(String directory) {
        String prefix = directory.isEmpty() ? "" : directory + "/";
        List<String> found = new ArrayList<>();
        for (String name : names.keySet()) {
            if (name.startsWith(prefix) && name.indexOf('/', prefix.length()) < 0) {
                found.add(name.substring(prefix.length()));
            }
        }
        return found;
    }

    @Override
    public void syncDirectory(String directory) throws IOException {
        check();
        journal.clear();
        durableNames = new TreeMap<>(names);
    }

    private final class Open implements File {
        private final Inode inode;
        private final Mode mode;
        private int position;

        Open(Inode inode, Mode mode) {
            this.inode = inode;
            this.mode = mode;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            check();
            int count = Math.min(length, inode.length - position);
            if (count <= 0) {
                return -1;
            }
            System.arraycopy(inode.bytes, position, target, offset, count);
            position += count;
            return count;
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            check();
            if (full) {
                // What there was room for is there.
                put(source, offset, random.nextInt(length + 1));
                failures++;
                throw new IOException("No space left on device");
            }
            put(source, offset, length);
        }

        private void put(byte[] source, int offset, int length) {
            int at = mode == Mode.APPEND ? inode.length : position;
            if (at + length > inode.bytes.length) {
                inode.bytes = Arrays.copyOf(inode.bytes, Math.max(at + length, 2 * inode.bytes.length));
            }
            System.arraycopy(source, offset, inode.bytes, at, length);
            position = at + length;
            inode.length = Math.max(inode.length, position);
        }

        @Override
        public long position() {
            return position;
        }

        @Override
        public void position(long newPosition) {
            position = Math.toIntExact(newPosition);
        }

        @Override
        public long length() {
            return inode.length;
        }

        @Override
        public void truncate(long length) {
            inode.length = (int) Math.min(inode.length, length);
        }

        @Override
        public void sync(boolean metadata) throws IOException {
            check();
            inode.durable = Arrays.copyOf(inode.bytes, inode.length);
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
