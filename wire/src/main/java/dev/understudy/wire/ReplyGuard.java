// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.lang.foreign.MemorySegment;

/**
 * Decides, while a reply is being written, whether its reader still gets it. Asked once per chunk, not per element. Every call may throw to end the
 * command that writes; the writer drops then, as when a call returns false, what it has and whatever is written from then on.
 */
public interface ReplyGuard {
    /** A chunk is full and more comes; {@link RespWriter#drainable} tells whether what is there may be handed on. */
    boolean admits(RespWriter writer);

    /** There is no memory for another chunk. Returns whether it is worth to try again. */
    boolean makesRoom(RespWriter writer);

    /**
     * Takes a long text straight out of native memory, behind all that the writer holds, which is {@link RespWriter#drainable}. Returns false when its
     * reader is gone.
     */
    boolean takes(RespWriter writer, MemorySegment text, long offset, long length);

    /** What was written is to be taken back, and its beginning has been handed on: nothing right can follow it. */
    void torn();

    /** Much has been written while replies are suppressed: nobody will read what the command computes. */
    void unread();
}
