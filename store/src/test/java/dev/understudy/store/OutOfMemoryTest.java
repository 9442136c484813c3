// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is there when the system refuses memory to a change: the old value or the new one, whole. */
class OutOfMemoryTest {
    private static final Bytes KEY = Bytes.of("key");

    private static Bytes text(int length) {
        return Bytes.of("t".repeat(length));
    }

    /** What may be under the key before. */
    private static void prepare(Db db, String what) {
        switch (what) {
            case "list" -> {
                ListValue list = db.createList(KEY);
                for (int i = 0; i < 500; i++) {
                    list.append(Bytes.of("element " + i + " of a list of several nodes"));
                }
            }
            case "set" -> {
                SetValue set = db.createSet(KEY);
                for (int i = 0; i < 1000; i++) {
                    set.add(Bytes.of("member " + i));
                }
            }
            case "text" -> db.setString(KEY, text(30), false);
            case "number" -> db.setString(KEY, Bytes.of("12345"), false);
            case "expiring" -> {
                db.setString(KEY, text(30), false);
                db.expire(db.open(KEY), 1_000);
            }
            default -> assertThat(what).isEqualTo("nothing");
        }
    }

    private static String content(DataSet data) {
        data.closeWindows();
        Value value = data.db(0).open(KEY);
        if (value == null) {
            return "nothing";
        }
        List<String> parts = new ArrayList<>();
        parts.add(value.type() + " " + value.expireAt());
        switch (value) {
            case StringValue string ->
                parts.add(new String(string.toArray(), java.nio.charset.StandardCharsets.ISO_8859_1));
            case ListValue list ->
                list.forEach(element -> {
                    parts.add(element.toString());
                    return true;
                });
            case SetValue set ->
                set.forEach(member -> {
                    parts.add(member.toString());
                    return true;
                });
            default -> fail("unexpected " + value.type());
        }
        return String.join("|", parts);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nothing", "text", "number", "expiring", "list", "set"})
    void whatIsWrittenIsThereOrTheOldValueIs(String before) {
        refuse(before, db -> db.setString(KEY, text(100_000), false));
        refuse(before, db -> db.setString(KEY, text(10), false));
        refuse(before, db -> db.setString(KEY, Bytes.of("7"), true));
        refuse(before, db -> db.putZeros(KEY, 70_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"text", "number", "expiring"})
    void aStringGrowsOrStaysAsItIs(String before) {
        refuse(before, db -> ((StringValue) db.open(KEY)).append(text(100_000)));
        refuse(before, db -> ((StringValue) db.open(KEY)).resize(50_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"text", "number", "expiring", "list", "set"})
    void anExpiryIsSetOrNot(String before) {
        refuse(before, db -> db.expire(db.open(KEY), 5_000));
        refuse(before, db -> db.expire(db.open(KEY), -1));
    }

    /** Makes the change with the first allocation refused, then with the second ..., with and without a view open. */
    private static void refuse(String before, Consumer<Db> change) {
        for (boolean viewed : new boolean[] {false, true}) {
            for (int refused = 0; attempt(before, change, viewed, refused); refused++) {
                assertThat(refused).isLessThan(1000);
            }
        }
    }

    /** Returns whether an allocation was refused. */
    private static boolean attempt(String before, Consumer<Db> change, boolean viewed, int refused) {
        String what = before + (viewed ? " viewed" : "") + ", allocation " + refused;
        Memory memory = Memory.checking();
        DataSet data = new DataSet(memory, 1, new Limits(), new SplittableRandom(7));
        prepare(data.db(0), before);
        String old = content(data);
        View view = viewed ? data.view() : null;
        boolean thrown = false;
        memory.refuseAfter(refused);
        try {
            change.accept(data.db(0));
        } catch (OutOfMemoryError expected) {
            thrown = true;
        }
        memory.refuseAfter(-1);
        if (thrown) {
            assertThat(content(data)).as(what).isEqualTo(old);
        }
        // And it goes on.
        data.closeWindows();
        change.accept(data.db(0));
        data.db(0).setString(Bytes.of("other"), text(300), false);
        assertThat(content(data)).as(what).isNotEmpty();
        data.db(0).delete(KEY, false);
        if (view != null) {
            view.close();
        }
        data.db(0).clear(false);
        data.close();
        return thrown;
    }
}
