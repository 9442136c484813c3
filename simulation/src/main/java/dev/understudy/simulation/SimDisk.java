// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.persist.Disk;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One machine's disk. It outlives processes: a process that is killed leaves all that it has written. When the power fails, only what was
 * synced is sure to be there.
 *
 * <ul>
 *   <li>Changes of a directory (create, rename, delete, make directory) that were not synced: a prefix of them survives, or, on a disk that
 *       keeps no order, any of them.
 *   <li>What was appended and not synced: a prefix of it survives.
 *   <li>What was written otherwise and not synced: any of its blocks survive; the others are as they were, or zeros.
 * </ul>
 *
 * <p>Inside each operation that changes something the process can be made to end, see {@link DiskFaults}.
 */
final class SimDisk implements Disk {
    private static final int BLOCK_BYTES = 512;
    /** In the name of a file that is only appended to, however it is opened, and has to survive the loss of its end. */
    private static final String LOG_PART = "incr";

    private final SplittableRandom random;
    private final TreeMap<String, Inode> names = new TreeMap<>();
    private final TreeSet<String> directories = new TreeSet<>();
    private final TreeMap<String, Inode> durableNames = new TreeMap<>();
    private final TreeSet<String> durableDirectories = new TreeSet<>();
    private final List<Change> journal = new ArrayList<>();
    private DiskFaults faults = DiskFaults.NONE;
    private boolean keepsOrder = true;
    private int failOneIn;
    private String failure = "";
    private long failures;
    private boolean full;
    private boolean dead;
    private Consumer<String> renamed = _ -> {};

    SimDisk(SplittableRandom random) {
        this.random = random;
    }

    /** The process has ended inside an operation; not to be caught but by the simulation. */
    static final class Crash extends Error {
        Crash(String where) {
            super(where, null, false, false);
        }
    }

    /** The contents of a file, whatever its name is. */
    private static final class Inode {
        byte[] bytes = new byte[256];
        int length;
        byte[] durable = new byte[0];
        /** Whether it was only appended to since it was synced. */
        boolean appended = true;
    }

    /** A change of a directory that is not durable yet, all of it or nothing. */
    private sealed interface Change {
        /** Of the directory to be synced. */
        String directory();

        /** {@code name} became {@code inode}. */
        record Created(String directory, String name, Inode inode) implements Change {}

        record Renamed(String directory, String from, String to, Inode inode) implements Change {}

        record Deleted(String directory, String name) implements Change {}

        record Made(String directory, String name) implements Change {}
    }

    // ---- faults

    /** From now on one call in {@code oneIn} fails with {@code reason}; 0: none. */
    void fail(int oneIn, String reason) {
        failOneIn = oneIn;
        failure = reason;
    }

    /** Has {@code newFaults} asked before each operation. */
    void faults(DiskFaults newFaults) {
        faults = newFaults;
    }

    /** Whether changes of directories become durable in their order. */
    void keepsOrder(boolean newKeepsOrder) {
        keepsOrder = newKeepsOrder;
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

    /** Whether the process has ended in the middle of something and nobody has buried it yet. */
    boolean isDead() {
        return dead;
    }

    /** The process is gone; what it wrote is there. */
    void processGone() {
        dead = false;
    }

    /** Power fails: only what was durable is sure to be there afterwards. */
    void losePower() {
        dead = false;
        int kept = random.nextInt(journal.size() + 1);
        for (int i = 0; i < journal.size(); i++) {
            if (keepsOrder ? i < kept : random.nextBoolean()) {
                apply(journal.get(i), durableNames, durableDirectories);
            }
        }
        journal.clear();
        durableNames.keySet().removeIf(name -> !isIn(durableDirectories, name));
        names.clear();
        names.putAll(durableNames);
        directories.clear();
        directories.addAll(durableDirectories);
        IdentityHashMap<Inode, Boolean> torn = new IdentityHashMap<>();
        for (Inode inode : names.values()) {
            if (torn.put(inode, true) == null) {
                tear(inode);
            }
        }
    }

    private static boolean isIn(Set<String> known, String name) {
        String directory = directory(name);
        return directory.isEmpty() || known.contains(directory);
    }

    /** Somebody has cleared the disk. */
    void lose() {
        names.clear();
        directories.clear();
        durableNames.clear();
        durableDirectories.clear();
        journal.clear();
    }

    /** The bytes of a file as a process would read them, null if there is none. */
    byte @Nullable [] contents(String name) {
        Inode inode = names.get(name);
        return inode == null ? null : Arrays.copyOf(inode.bytes, inode.length);
    }

    /** Puts a file there from outside, durably. */
    void put(String name, byte[] contents) {
        Inode inode = new Inode();
        inode.bytes = contents.clone();
        inode.length = contents.length;
        inode.durable = contents.clone();
        names.put(name, inode);
        durableNames.put(name, inode);
    }

    private static void apply(Change change, Map<String, Inode> files, Set<String> folders) {
        switch (change) {
            case Change.Created(var _, String name, Inode inode) -> files.put(name, inode);
            case Change.Renamed(var _, String from, String to, Inode inode) -> {
                files.remove(from, inode);
                files.put(to, inode);
            }
            case Change.Deleted(var _, String name) -> files.remove(name);
            case Change.Made(var _, String name) -> folders.add(name);
        }
    }

    private void tear(Inode inode) {
        byte[] written = Arrays.copyOf(inode.bytes, inode.length);
        if (Arrays.equals(written, inode.durable)) {
            return;
        }
        byte[] left = inode.appended ? prefix(written, inode.durable) : blocks(written, inode.durable);
        inode.bytes = Arrays.copyOf(left, Math.max(256, left.length));
        inode.length = left.length;
        inode.durable = left;
    }

    private byte[] prefix(byte[] written, byte[] durable) {
        int more = written.length - durable.length;
        return switch (random.nextInt(4)) {
            case 0 -> durable;
            case 1 -> written;
            default -> Arrays.copyOf(written, durable.length + random.nextInt(more + 1));
        };
    }

    private byte[] blocks(byte[] written, byte[] durable) {
        if (random.nextInt(4) == 0) {
            return random.nextBoolean() ? durable : written;
        }
        int length = random.nextBoolean() ? written.length : durable.length;
        byte[] left = Arrays.copyOf(durable, length);
        for (int at = 0; at < Math.min(length, written.length); at += BLOCK_BYTES) {
            if (random.nextBoolean()) {
                System.arraycopy(written, at, left, at, Math.min(BLOCK_BYTES, Math.min(length, written.length) - at));
            }
        }
        return left;
    }

    private void check() throws IOException {
        if (dead) {
            throw new Crash("the process has ended");
        }
        if (failOneIn > 0 && random.nextInt(failOneIn) == 0) {
            failures++;
            throw new IOException(failure);
        }
    }

    /** What an operation does to the disk. */
    private interface Effect {
        /** @param whole whether it is done to its end */
        void perform(boolean whole);
    }

    private void operate(DiskFaults.Operation operation, String name, Effect effect) throws IOException {
        operate(operation, name, DiskFaults.Piece.NONE, effect);
    }

    private void operate(DiskFaults.Operation operation, String name, DiskFaults.Piece piece, Effect effect)
            throws IOException {
        check();
        DiskFaults.Outcome outcome;
        try {
            outcome = faults.of(operation, name, piece);
        } catch (IOException failed) {
            failures++;
            throw failed;
        }
        switch (outcome) {
            case DONE -> effect.perform(true);
            case IGNORED -> {}
            case CRASH_BEFORE -> crash(operation, name);
            case CRASH_WITHIN -> {
                effect.perform(false);
                crash(operation, name);
            }
            case CRASH_AFTER -> {
                effect.perform(true);
                crash(operation, name);
            }
        }
    }

    private void crash(DiskFaults.Operation operation, String name) {
        dead = true;
        throw new Crash(operation.word() + " " + name);
    }

    /** Of a thing that is done at once. */
    private Effect atOnce(Runnable action) {
        return whole -> {
            if (whole || random.nextBoolean()) {
                action.run();
            }
        };
    }

    // ---- files

    private Inode inode(String name) throws FileNotFoundException {
        Inode inode = names.get(name);
        if (inode == null) {
            throw new FileNotFoundException(name + ": No such file or directory");
        }
        return inode;
    }

    private static String directory(String name) {
        int slash = name.lastIndexOf('/');
        return slash < 0 ? "" : name.substring(0, slash);
    }

    private void change(Change change) {
        journal.add(change);
        apply(change, names, directories);
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
                if (known != null) {
                    operate(DiskFaults.Operation.TRUNCATE, name, atOnce(() -> {
                        emptied.appended &= emptied.durable.length == 0;
                        emptied.length = 0;
                    }));
                }
                yield emptied;
            }
        };
        return new Open(name, inode, mode);
    }

    private Inode created(String name) throws IOException {
        if (!isIn(directories, name)) {
            throw new FileNotFoundException(name + ": No such file or directory");
        }
        Inode inode = new Inode();
        operate(
                DiskFaults.Operation.CREATE,
                name,
                atOnce(() -> change(new Change.Created(directory(name), name, inode))));
        return inode;
    }

    @Override
    public boolean exists(String name) {
        return names.containsKey(name) || directories.contains(name);
    }

    @Override
    public long length(String name) throws IOException {
        return inode(name).length;
    }

    @Override
    public void rename(String from, String to) throws IOException {
        Inode inode = inode(from);
        if (!isIn(directories, to)) {
            throw new FileNotFoundException(to + ": No such file or directory");
        }
        operate(DiskFaults.Operation.RENAME, to, atOnce(() -> {
            change(new Change.Renamed(directory(to), from, to, inode));
            renamed.accept(to);
        }));
    }

    @Override
    public boolean delete(String name) throws IOException {
        check();
        if (!names.containsKey(name)) {
            return false;
        }
        operate(DiskFaults.Operation.DELETE, name, atOnce(() -> change(new Change.Deleted(directory(name), name))));
        return true;
    }

    @Override
    public void makeDirectory(String name) throws IOException {
        check();
        if (!directories.contains(name)) {
            operate(DiskFaults.Operation.CREATE, name, atOnce(() -> change(new Change.Made(directory(name), name))));
        }
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
        operate(DiskFaults.Operation.SYNC_DIRECTORY, directory, atOnce(() -> {
            for (Iterator<Change> changes = journal.iterator(); changes.hasNext(); ) {
                Change change = changes.next();
                if (change.directory().equals(directory)) {
                    apply(change, durableNames, durableDirectories);
                    changes.remove();
                }
            }
        }));
    }

    private final class Open implements File {
        private final String name;
        private final Inode inode;
        private final Mode mode;
        private int position;

        Open(String name, Inode inode, Mode mode) {
            this.name = name;
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
            byte[] copy = Arrays.copyOfRange(source, offset, offset + length);
            boolean noRoom = full && length > 0;
            operate(
                    DiskFaults.Operation.WRITE,
                    name,
                    new DiskFaults.Piece(copy, 0, length),
                    // What there was room for is there.
                    whole -> put(copy, 0, whole && !noRoom ? length : random.nextInt(length + 1)));
            if (noRoom) {
                failures++;
                throw new IOException("No space left on device");
            }
        }

        private void put(byte[] source, int offset, int length) {
            int at = mode == Mode.APPEND ? inode.length : position;
            if (at + length > inode.bytes.length) {
                inode.bytes = Arrays.copyOf(inode.bytes, Math.max(at + length, 2 * inode.bytes.length));
            }
            System.arraycopy(source, offset, inode.bytes, at, length);
            inode.appended &= mode == Mode.APPEND || name.contains(LOG_PART);
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
        public void truncate(long length) throws IOException {
            operate(DiskFaults.Operation.TRUNCATE, name, atOnce(() -> {
                inode.appended &= length >= inode.durable.length;
                inode.length = (int) Math.min(inode.length, length);
            }));
        }

        @Override
        public void sync(boolean metadata) throws IOException {
            operate(DiskFaults.Operation.SYNC, name, atOnce(() -> {
                inode.durable = Arrays.copyOf(inode.bytes, inode.length);
                inode.appended = true;
            }));
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
