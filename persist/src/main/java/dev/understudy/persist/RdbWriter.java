// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.store.Db;
import dev.understudy.store.Value;
import dev.understudy.store.View;
import dev.understudy.wire.Bytes;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Writes a point-in-time view as an RDB file (rdbSaveRio), on the thread that reads the view. Framing for the wire,
 * files and their renaming are the caller's business.
 */
public final class RdbWriter {
    private final RdbOutput output;
    private final ValueWriter values;
    private final View view;
    private final SaveOptions options;
    private final SaveListener listener;
    private long keys;
    private boolean cancelled;

    private RdbWriter(View view, RdbSink sink, SaveOptions options, SaveListener listener) {
        this.view = view;
        this.options = options;
        this.listener = listener;
        this.output = new RdbOutput(sink, options.checksum(), options.compress());
        this.values = new ValueWriter(output, options.version());
    }

    public static SaveResult save(View view, RdbSink sink, SaveOptions options, SaveListener listener) {
        return new RdbWriter(view, sink, options, listener).save();
    }

    private SaveResult save() {
        output.ascii(String.format(Locale.ROOT, "REDIS%04d", options.version()));
        auxFields();
        if (options.functions() && options.version() >= SaveOptions.VERSION_WITH_FUNCTIONS) {
            for (byte[] source : view.functions().values()) {
                output.u8(RdbFormat.OPCODE_FUNCTION2);
                output.string(source, 0, source.length);
            }
        }
        for (int i = 0; i < view.databases() && options.data() && goesOn(); i++) {
            database(view.db(i));
        }
        return cancelled ? new SaveResult.Cancelled() : end();
    }

    private boolean goesOn() {
        return !cancelled && output.works();
    }

    private SaveResult end() {
        output.u8(RdbFormat.OPCODE_EOF);
        long checksum = output.checksum();
        output.int64(checksum);
        output.flush();
        @Nullable IOException failure = output.failure();
        return failure == null ? new SaveResult.Saved(output.offset(), keys, checksum) : new SaveResult.Failed(failure);
    }

    private void auxFields() {
        aux("redis-ver").string(options.producer());
        aux("redis-bits").string(64);
        aux("ctime").string(options.createdAtSeconds());
        aux("used-mem").string(options.usedMemoryBytes());
        SaveOptions.@Nullable Replication replication = options.replication();
        if (replication != null) {
            aux("repl-stream-db").string(replication.streamDb());
            aux("repl-id").string(replication.id());
            aux("repl-offset").string(replication.offset());
        }
        aux(options.version() >= 10 ? "aof-base" : "aof-preamble").string(options.aofBase() ? 1 : 0);
    }

    private RdbOutput aux(String name) {
        output.u8(RdbFormat.OPCODE_AUX);
        output.string(name);
        return output;
    }

    private void database(Db db) {
        if (db.size() == 0) {
            return;
        }
        output.u8(RdbFormat.OPCODE_SELECTDB);
        output.length(db.index());
        output.u8(RdbFormat.OPCODE_RESIZEDB);
        output.length(db.size());
        output.length(db.expires());
        db.forEach(this::key);
    }

    private boolean key(Value value, Bytes key) {
        long expireAt = value.expireAt();
        if (expireAt >= 0) {
            output.u8(RdbFormat.OPCODE_EXPIRETIME_MS);
            output.int64(expireAt);
        }
        switch (options.accessClocks().kind()) {
            case NONE -> {}
            case IDLE_SECONDS -> {
                output.u8(RdbFormat.OPCODE_IDLE);
                output.length(options.accessClocks().told(value.accessClock()));
            }
            case FREQUENCY -> {
                output.u8(RdbFormat.OPCODE_FREQ);
                output.u8((int) options.accessClocks().told(value.accessClock()));
            }
        }
        output.u8(values.type(value));
        output.string(key);
        values.write(value);
        keys++;
        cancelled = !listener.keyWritten(keys, output.offset());
        return goesOn();
    }
}
