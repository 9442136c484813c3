// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.StringValue;
import dev.understudy.wire.Bytes;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * PFADD, PFCOUNT, PFMERGE, PFDEBUG and PFSELFTEST, as hyperloglog.c of Redis 7.2; the representation is {@link
 * HyperLogLog}'s.
 */
public final class HyperLogLogCommands {
    private static final CommandFailure NO_KEY = CommandFailure.err("The specified key does not exist");
    private static final CommandFailure NOT_SPARSE = CommandFailure.err("HLL encoding is not sparse");
    private static final int SELF_TEST_ELEMENTS = 1_000_000;

    private final HyperLogLog scratch = new HyperLogLog();
    private final byte[] registers = new byte[HyperLogLog.REGISTERS];

    private HyperLogLogCommands() {}

    public static void register(CommandTable table) {
        HyperLogLogCommands commands = new HyperLogLogCommands();
        add(table, "pfadd", commands::pfadd, -2, "write denyoom fast")
                .keys(1, 1, 1, "RW INSERT")
                .docs("Adds elements to a HyperLogLog, which is made if missing.", "O(1) for each element");
        add(table, "pfcount", commands::pfcount, -2, "readonly may_replicate")
                .keys(1, -1, 1, "RW ACCESS")
                .docs(
                        "Estimates how many distinct elements HyperLogLogs have had.",
                        "O(1) if cached, O(N) for N of them");
        add(table, "pfmerge", commands::pfmerge, -2, "write denyoom")
                .keys(1, 1, 1, "RW ACCESS INSERT")
                .keys(2, -1, 1, "RO ACCESS")
                .docs("Merges HyperLogLogs into one.", "O(N), N being their number");
        add(table, "pfdebug", commands::pfdebug, 3, "write denyoom admin")
                .keys(2, 2, 1, "RW ACCESS")
                .docs("Looks into a HyperLogLog.", "O(1)");
        add(table, "pfselftest", commands::pfselftest, 1, "admin").docs("Tests counting.", "O(1), a second");
    }

    private static Command add(CommandTable table, String name, Handler handler, int arity, String flags) {
        return table.add(name, handler)
                .arity(arity)
                .flags(flags)
                .acl("hyperloglog")
                .since("2.8.9")
                .group("hyperloglog");
    }

    // ---- PFADD

    private void pfadd(Call call) {
        StringValue value = call.writeString(1);
        if (value != null) {
            HyperLogLog.check(value);
        }
        int changed = value != null && HyperLogLog.isDense(value) ? addDense(call, value) : addSparse(call, value);
        if (changed > 0) {
            call.changed(changed);
            call.touched(call.word(1), NotifyClass.STRING, "pfadd");
        }
        call.integer(changed > 0 ? 1 : 0);
    }

    private static int addDense(Call call, StringValue value) {
        int changed = 0;
        Runnable own = () -> value.resize(HyperLogLog.DENSE_BYTES);
        for (int i = 2; i < call.count(); i++) {
            int place = HyperLogLog.place(call.word(i));
            int index = place & HyperLogLog.REGISTERS - 1;
            changed += HyperLogLog.raise(value, index, place / HyperLogLog.REGISTERS, own) ? 1 : 0;
        }
        if (changed > 0) {
            HyperLogLog.invalidate(value);
        }
        return changed;
    }

    private int addSparse(Call call, @Nullable StringValue value) {
        int changed = 0;
        if (value == null) {
            scratch.clear();
            scratch.invalidate();
            changed++;
        } else {
            scratch.load(value);
        }
        int sparseMax = call.data().limits().hllSparseMaxBytes;
        for (int i = 2; i < call.count(); i++) {
            int place = HyperLogLog.place(call.word(i));
            int index = place & HyperLogLog.REGISTERS - 1;
            changed += scratch.raise(index, place / HyperLogLog.REGISTERS, sparseMax) ? 1 : 0;
        }
        if (changed > 0) {
            store(call, value);
        }
        return changed;
    }

    /** Stores the scratch under word 1. */
    private void store(Call call, @Nullable StringValue value) {
        StringValue target = value == null ? StringCommands.createZeros(call, 0) : value;
        scratch.store(target);
    }

    // ---- PFCOUNT, PFMERGE

    private void pfcount(Call call) {
        if (call.count() > 2) {
            Arrays.fill(registers, (byte) 0);
            for (int i = 1; i < call.count(); i++) {
                merge(call.readString(i));
                call.data().closeWindows();
            }
            call.integer(HyperLogLog.estimate(registers));
            return;
        }
        StringValue value = call.readString(1);
        if (value == null) {
            call.integer(0);
            return;
        }
        HyperLogLog.check(value);
        long cardinality = HyperLogLog.cached(value);
        if (cardinality < 0) {
            Arrays.fill(registers, (byte) 0);
            merge(value);
            cardinality = HyperLogLog.estimate(registers);
            value.resize(value.size());
            HyperLogLog.cache(value, cardinality);
            // A read, but its trace in the value goes to replicas too.
            call.changed(1);
            call.execution().touched(call.db(), call.word(1));
        }
        call.integer(cardinality);
    }

    /** Merges a key's registers into ours; returns whether it is dense. */
    private boolean merge(@Nullable StringValue value) {
        if (value == null) {
            return false;
        }
        scratch.load(value);
        scratch.mergeInto(registers);
        return scratch.isDense();
    }

    private void pfmerge(Call call) {
        Arrays.fill(registers, (byte) 0);
        boolean dense = false;
        for (int i = 1; i < call.count(); i++) {
            dense |= merge(call.readString(i));
            call.data().closeWindows();
        }
        StringValue target = call.writeString(1);
        if (target == null) {
            scratch.clear();
        } else {
            scratch.load(target);
        }
        if (dense) {
            scratch.toDense();
        }
        int sparseMax = call.data().limits().hllSparseMaxBytes;
        for (int i = 0; i < HyperLogLog.REGISTERS; i++) {
            if (registers[i] != 0) {
                scratch.raise(i, registers[i], sparseMax);
            }
        }
        scratch.invalidate();
        store(call, target);
        call.changed(1);
        call.touched(call.word(1), NotifyClass.STRING, "pfadd");
        call.ok();
    }

    // ---- PFDEBUG, PFSELFTEST

    private void pfdebug(Call call) {
        Bytes sub = call.word(1);
        StringValue value = call.writeString(2);
        if (value == null) {
            throw NO_KEY;
        }
        scratch.load(value);
        if (sub.is("getreg")) {
            makeDense(call, value);
            call.reply().array(HyperLogLog.REGISTERS);
            for (int i = 0; i < HyperLogLog.REGISTERS; i++) {
                call.integer(scratch.denseRegister(i));
            }
        } else if (sub.is("decode")) {
            if (scratch.isDense()) {
                throw NOT_SPARSE;
            }
            call.reply().bulk(scratch.decode());
        } else if (sub.is("encoding")) {
            call.reply().simple(scratch.isDense() ? "dense" : "sparse");
        } else if (sub.is("todense")) {
            call.integer(makeDense(call, value) ? 1 : 0);
        } else {
            throw CommandFailure.err("Unknown PFDEBUG subcommand '" + sub.printed() + "'");
        }
    }

    private boolean makeDense(Call call, StringValue value) {
        if (scratch.isDense()) {
            return false;
        }
        scratch.toDense();
        scratch.store(value);
        call.changed(1);
        return true;
    }

    private void pfselftest(Call call) {
        RandomGenerator random = call.data().random();
        HyperLogLog dense = new HyperLogLog();
        dense.clear();
        dense.toDense();
        byte[] expected = new byte[HyperLogLog.REGISTERS];
        for (int i = 0; i < HyperLogLog.REGISTERS; i++) {
            expected[i] = (byte) random.nextInt(64);
            dense.putDense(i, expected[i]);
        }
        for (int i = 0; i < HyperLogLog.REGISTERS; i++) {
            if (dense.denseRegister(i) != expected[i]) {
                throw new CommandFailure(
                        "TESTFAILED Register " + i + " should be " + expected[i] + " but is " + dense.denseRegister(i));
            }
        }
        testEstimates(call, random.nextLong());
        call.ok();
    }

    /**
     * Counts distinct elements in both representations, which have to agree with each other and about with the truth.
     */
    private void testEstimates(Call call, long seed) {
        HyperLogLog dense = new HyperLogLog();
        dense.clear();
        dense.toDense();
        scratch.clear();
        int sparseMax = call.data().limits().hllSparseMaxBytes;
        byte[] element = new byte[Long.BYTES];
        Bytes window = Bytes.of(element);
        for (int i = 1, checkpoint = 1; i <= SELF_TEST_ELEMENTS; i++) {
            for (int b = 0; b < Long.BYTES; b++) {
                element[b] = (byte) ((i ^ seed) >>> 8 * b);
            }
            int place = HyperLogLog.place(window);
            int index = place & HyperLogLog.REGISTERS - 1;
            dense.raise(index, place / HyperLogLog.REGISTERS, sparseMax);
            scratch.raise(index, place / HyperLogLog.REGISTERS, sparseMax);
            if (i == checkpoint) {
                testEstimate(dense, i);
                checkpoint *= 10;
            }
        }
    }

    private void testEstimate(HyperLogLog dense, int truth) {
        Arrays.fill(registers, (byte) 0);
        scratch.mergeInto(registers);
        long estimate = HyperLogLog.estimate(registers);
        Arrays.fill(registers, (byte) 0);
        dense.mergeInto(registers);
        if (estimate != HyperLogLog.estimate(registers)) {
            throw new CommandFailure("TESTFAILED dense/sparse disagree");
        }
        double standardError = 1.04 / Math.sqrt(HyperLogLog.REGISTERS);
        // At ten elements a collision, which is likely now and then, is a large error.
        double errorMax = truth == 10 ? 1 : Math.ceil(standardError * 6 * truth);
        long error = Math.abs(estimate - truth);
        if (error > errorMax) {
            throw new CommandFailure("TESTFAILED Too big error. card:" + truth + " abserr:" + error);
        }
    }
}
