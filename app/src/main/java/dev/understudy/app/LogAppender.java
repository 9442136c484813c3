// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * Writes each event as one line of Redis's log, in one write. Like Redis it opens the file for every line, so that a log that was rotated
 * away is begun anew without any signal.
 */
final class LogAppender extends AppenderBase<ILoggingEvent> {
    private final OutputStream standardOutput = new FileOutputStream(FileDescriptor.out);
    private final LogLine line = new LogLine(ProcessHandle.current().pid(), ZoneId.systemDefault());
    private volatile @Nullable Path file;

    void file(@Nullable Path newFile) {
        file = newFile;
    }

    @Override
    protected void append(ILoggingEvent event) {
        var thrown = event.getThrowableProxy();
        String message = event.getFormattedMessage();
        if (thrown != null) {
            message = message + "\n" + ThrowableProxyUtil.asString(thrown);
        }
        var markers = event.getMarkerList();
        String owner =
                markers == null || markers.isEmpty() ? null : markers.getFirst().getName();
        String text = line.format(owner, event.getTimeStamp(), event.getLevel().toInt(), message);
        raw(text);
    }

    /** Writes text as it is. */
    void raw(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Path target = file;
        try {
            if (target == null) {
                standardOutput.write(bytes);
            } else {
                try (OutputStream out =
                        Files.newOutputStream(target, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                    out.write(bytes);
                }
            }
        } catch (IOException lost) {
            addError("log line lost", lost);
        }
    }
}
