// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes that replicas have confirmed to WAIT, and what became of them: each confirming replica had the bytes, and whoever goes on with a
 * history that has them still has the key.
 */
final class Confirmations {
    /** Nothing else writes there. */
    static final String DATABASE = "9";

    private static final String PREFIX = "confirmed-";

    private final Oracle oracle;
    private final Map<String, Place> places = new LinkedHashMap<>();
    private final List<String> confirmed = new ArrayList<>();
    private long given;
    private int open;
    private long lost;
    private long answered;

    /** Where in which history a key was written. */
    private record Place(String id, long offset) {}

    Confirmations(Oracle oracle) {
        this.oracle = oracle;
        oracle.listener(this::produced);
    }

    /** A key of its own for another write. */
    String begin() {
        open++;
        return PREFIX + given++ + "-";
    }

    /** A master has produced bytes, the first of which has the offset {@code from}. */
    void produced(String id, long from, byte[] bytes) {
        if (open == 0) {
            return;
        }
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        for (int at = text.indexOf(PREFIX); at >= 0; at = text.indexOf(PREFIX, at + 1)) {
            int end = text.indexOf('-', at + PREFIX.length());
            if (end > 0) {
                places.put(text.substring(at, end + 1), new Place(id, from + end));
            }
        }
    }

    /** The write of {@code key} was answered, on a node that has had a stream all the time. */
    void streamed(String key, String node) {
        answered++;
        if (!places.containsKey(key)) {
            throw new Divergence(node + " has answered the write of " + key + ", and its stream has not got it");
        }
    }

    /** Answered writes that were looked for in a stream. */
    long answered() {
        return answered;
    }

    /** The client has got the answer to its WAIT, or no answer will come: then {@code replicas} is 0. */
    void ended(String key, String node, long replicas, boolean mayCountTwice) {
        open--;
        if (replicas == 0) {
            return;
        }
        Place place = places.get(key);
        if (place == null) {
            // Written while nobody wanted a stream; the replica has got it with a snapshot since.
            return;
        }
        int holders = oracle.holders(place.id(), place.offset(), node);
        if (holders < (mayCountTwice ? 1 : replicas)) {
            throw new Divergence(node + ": " + replicas + " replicas have confirmed " + key + ", and only " + holders
                    + " ever had it");
        }
        confirmed.add(key);
    }

    /**
     * At the end: what the last master has.
     *
     * @param mayLose whether somebody was made a master, or began anew, who did not have everything
     */
    void compare(Contents contents, String id, long end, boolean mayLose) {
        for (String key : confirmed) {
            Place place = places.get(key);
            boolean covered = place != null && oracle.covers(id, end, place.id(), place.offset());
            if (covered && !contents.contains(DATABASE + "/" + key)) {
                throw new Divergence(
                        "the confirmed write of " + key + " at " + place + " is missing at " + id + ":" + end);
            }
            boolean gone = !contents.contains(DATABASE + "/" + key);
            if (gone && !mayLose) {
                throw new Divergence("the confirmed write of " + key + " at " + place + " was lost without reason");
            }
            lost += gone ? 1 : 0;
        }
    }

    long count() {
        return confirmed.size();
    }

    /** Confirmed writes that went when somebody without them became the master. */
    long lost() {
        return lost;
    }
}
