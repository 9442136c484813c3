// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Db;
import dev.understudy.store.Slice;
import dev.understudy.store.SortedSetValue;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;

/** Replies of members with scores, and sorted sets that are made as results and then stored under a key. */
final class SortedSetResults {
    private static final Bytes RESULT = Bytes.of("result");

    private SortedSetResults() {}

    /** An empty set beside the databases, to be given to {@link #store} or {@link #drop}. */
    static SortedSetValue make(Call call) {
        Db results = call.data().results();
        // What a command has left that ran out of memory.
        results.delete(RESULT, false);
        return results.createSortedSet(RESULT);
    }

    static void drop(Call call) {
        call.data().results().clear(call.execution().lazyServerDel());
    }

    /**
     * Puts the result, if it has members, in the place of whatever the key holds; else deletes the key. Replies with the number of members.
     *
     * @param changes what the storing counts as
     */
    static void store(Call call, Bytes key, SortedSetValue result, String event, long changes) {
        Db results = call.data().results();
        long size = result.size();
        boolean existed = call.execution().openForWrite(call.db(), key) != null;
        if (existed) {
            call.execution().delete(call.db(), key, call.execution().lazyServerDel());
        }
        if (size > 0) {
            results.move(result, call.db(), key);
            if (!existed) {
                call.event(key, NotifyClass.NEW, "new");
            }
            call.changed(changes);
            call.touched(key, NotifyClass.SORTED_SET, event);
        } else if (existed) {
            call.changed(1);
            call.touched(key, NotifyClass.GENERIC, "del");
        }
        results.clear(false);
        call.integer(size);
    }

    /** Begins the reply of {@code count} members: with scores, flat in RESP2 and as pairs in RESP3. */
    static void header(Reply reply, long count, boolean withScores) {
        reply.array(Math.toIntExact(withScores && !reply.resp3() ? 2 * count : count));
    }

    static void member(Reply reply, Slice member, double score, boolean withScores) {
        if (withScores && reply.resp3()) {
            reply.array(2);
        }
        member.reply(reply);
        if (withScores) {
            reply.real(score);
        }
    }

    /** Replies with {@code count} members from rank {@code first} on. */
    static void range(Call call, SortedSetValue set, long first, long count, boolean reverse, boolean withScores) {
        Reply reply = call.reply();
        header(reply, count, withScores);
        set.forEachInRange(first, count, reverse, (member, score) -> {
            member(reply, member, score, withScores);
            return true;
        });
    }

    /** What follows the removal of members: event, and deletion of a set that has become empty. */
    static void removed(Call call, Bytes key, SortedSetValue set, long count, String event) {
        if (count == 0) {
            return;
        }
        boolean empty = set.size() == 0;
        if (empty) {
            call.execution().delete(call.db(), key, false);
        }
        call.changed(count);
        call.touched(key, NotifyClass.SORTED_SET, event);
        if (empty) {
            call.event(key, NotifyClass.GENERIC, "del");
        }
    }
}
