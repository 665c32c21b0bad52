/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.catalog.CodecHistory;
import io.quire.store.catalog.CodecIdentity;
import io.quire.store.catalog.CodecRole;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.catalog.StateKind;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Changes that no store has written, and values whose codecs cannot be told. */
class LogPrinterTest {
    record Count(int count) {}

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private static StateDescriptor state(
            final StateKind kind, final Codec<?> keys, final Codec<?> values, final boolean timestamped) {
        final Map<CodecRole, CodecHistory> codecs = new EnumMap<>(CodecRole.class);
        codecs.put(CodecRole.KEY, CodecHistory.of(CodecIdentity.ofKeys(keys)));
        if (values != null) {
            codecs.put(
                    CodecRole.VALUE,
                    CodecHistory.of(CodecIdentity.ofValues(values).withTimestamps(timestamped)));
        }
        return new StateDescriptor(1, "s", kind, codecs);
    }

    private static UnsafeBuffer hex(final String bytes) {
        return new UnsafeBuffer(HexFormat.of().parseHex(bytes));
    }

    private LogPrinter printer(final boolean json) {
        out.reset();
        return new LogPrinter(out, json, null, Long.MAX_VALUE, 64);
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String put(final StateDescriptor state, final String key, final String value) {
        printer(false).onChange(8, state, hex(key), value == null ? null : hex(value));
        return printed();
    }

    private String operation(final StateDescriptor state, final byte type, final String key, final String operand) {
        printer(false).onOperation(8, state, type, hex(key), hex(operand));
        return printed();
    }

    @Test
    void shouldSayWhatIsWrongWithAKey() {
        final StateDescriptor map = state(StateKind.MAP, Codecs.STRING, Codecs.LONG, false);
        assertThat(put(map, "6162", null))
                .isEqualTo("8\ts\tremove\t\"ab\"\tmalformed=\"key does not have the parts that its state says:"
                        + " length=2\"\n");
        assertThat(put(map, "616209000000", null))
                .contains("\t0x616209000000\tmalformed=\"key does not")
                .endsWith(" length=6 of the key alone=9\"\n");
        final StateDescriptor timers = state(StateKind.EVENT_TIME_TIMERS, Codecs.STRING, null, false);
        assertThat(put(timers, "6101000000", "")).startsWith("8\ts\tregister\t0x6101000000\tmalformed=\"key does");
        assertThat(put(timers, "61" + "0500000000000000" + "01000000", "ff"))
                .isEqualTo("8\ts\tregister\t\"a\"\ttimestamp=5\t0xff"
                        + "\tmalformed=\"there is more than a key: length=1\"\n");
        final StateDescriptor longs = state(StateKind.VALUE, Codecs.LONG, Codecs.LONG, false);
        printer(true).onChange(8, longs, hex("010203"), null);
        assertThat(printed())
                .isEqualTo("{\"position\":8,\"state\":\"s\",\"op\":\"remove\","
                        + "\"key\":{\"length\":3,\"hex\":\"010203\"},"
                        + "\"malformed\":\"number has another length: length=3\"}\n");
    }

    @Test
    void shouldSayWhatIsWrongWithAValue() {
        final String key = "0700000000000000";
        final StateDescriptor records = state(StateKind.VALUE, Codecs.LONG, Codecs.record(Count.class), false);
        assertThat(put(records, key, "0500000000")).isEqualTo("8\ts\tput\t7\t{\"count\":5}\n");
        assertThat(put(records, key, "0500000009"))
                .isEqualTo("8\ts\tput\t7\t0x0500000009\tmalformed=\"value has a mark that no codec has: mark=9\"\n");
        assertThat(put(records, key, "")).endsWith("\tmalformed=\"value has no mark\"\n");
        assertThat(put(records, key, "050000")).contains("\t0x0500\tmalformed=\"");
        final StateDescriptor longs = state(StateKind.VALUE, Codecs.LONG, Codecs.LONG, false);
        assertThat(put(longs, key, "05000000"))
                .endsWith("\tmalformed=\"value has a length or an end that none of its codecs writes: length=4\"\n");
        final StateDescriptor timed = state(StateKind.VALUE, Codecs.LONG, Codecs.record(Count.class), true);
        assertThat(put(timed, key, "0500000000")).endsWith("\tmalformed=\"value has no timestamp: length=5\"\n");
        assertThat(put(records, key, "0600000000")).as("the next change").isEqualTo("8\ts\tput\t7\t{\"count\":6}\n");
    }

    @Test
    void shouldSayWhatIsWrongWithAnOperation() {
        final String key = "0700000000000000";
        final StateDescriptor list = state(StateKind.LIST, Codecs.LONG, Codecs.STRING, false);
        assertThat(operation(list, ChangeRecordDescriptor.TYPE_LIST_APPEND, key, "0161" + "0962"))
                .isEqualTo("8\ts\tappend\t7\t0x01610962"
                        + "\tmalformed=\"element 1 goes beyond the end: offset=2 length=4\"\n");
        assertThat(operation(list, ChangeRecordDescriptor.TYPE_LIST_APPEND, key, "0161" + "ffffffff"))
                .endsWith("\tmalformed=\"element 1 goes beyond the end: offset=2 length=6\"\n");
        assertThat(operation(list, ChangeRecordDescriptor.TYPE_LIST_REMOVE_FIRST, key, "01"))
                .endsWith("\tmalformed=\"count has another length than 8: length=1\"\n");
        assertThat(operation(
                        list, ChangeRecordDescriptor.TYPE_LIST_RENEW, key, "0500000000000000fbffffffffffffff08000000"))
                .isEqualTo("8\ts\trenew\t7\ttimestamp=5\tsince=-5\n");
        assertThat(operation(list, ChangeRecordDescriptor.TYPE_LIST_RENEW, key, "01"))
                .endsWith("\tmalformed=\"renewal has another length than 20: length=1\"\n");
        final StateDescriptor map = state(StateKind.MAP, Codecs.LONG, Codecs.STRING, false);
        assertThat(operation(map, ChangeRecordDescriptor.TYPE_MAP_CLEAR, key, "01"))
                .isEqualTo("8\ts\tremove-all\t7\t0x01\tmalformed=\"there is more than a key: length=1\"\n");
        assertThat(operation(map, ChangeRecordDescriptor.TYPE_MAP_CLEAR, key, ""))
                .isEqualTo("8\ts\tremove-all\t7\n");
    }

    /** A codec of the user's, without a mark and of any length. */
    private record Unmarked(int unusedLastByte) implements Codec<String> {
        @Override
        public String id() {
            return "test.unmarked";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public boolean marked() {
            return false;
        }

        @Override
        public int encode(final String value, final MutableDirectBuffer buffer, final int offset) {
            return buffer.putStringWithoutLengthAscii(offset, value);
        }

        @Override
        public String decode(final DirectBuffer buffer, final int offset, final int length) {
            return buffer.getStringWithoutLengthAscii(offset, length);
        }
    }

    @Test
    void shouldShowTheTimestampAsBytesWhereOnlyTheUsersCodecCanTellIt() {
        final String key = "0700000000000000";
        final String timestamp = "e803000000000000";
        final StateDescriptor tagged = state(StateKind.VALUE, Codecs.LONG, new Unmarked(0xff), true);
        assertThat(put(tagged, key, "6162" + timestamp + "ff")).isEqualTo("8\ts\tput\t7\t0x6162" + timestamp + "ff\n");
        final StateDescriptor untagged = state(StateKind.VALUE, Codecs.LONG, new Unmarked(-1), true);
        assertThat(put(untagged, key, "6162" + timestamp)).isEqualTo("8\ts\tput\t7\t0x6162" + timestamp + "\n");
        final StateDescriptor strings = state(StateKind.VALUE, Codecs.LONG, Codecs.STRING, true);
        assertThat(put(strings, key, "6162" + timestamp + "ff")).isEqualTo("8\ts\tput\t7\t\"ab\" @1000\n");
    }
}
