/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.codec.Codecs;
import io.quire.store.memory.PagedMemory;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Readers of entries that the writer writes again in the last moment of their life, after the reader has made its copy
 * and before it asks the clock: such an entry is never absent.
 */
class RenewedWhileReadTest {
    private static final TimeToLive TEN = TimeToLive.ofMillis(10);
    private static final int KEYS = 50;

    private final AtomicLong clock = new AtomicLong(1_000);
    private Runnable whenNextAsked; // what happens before the clock is read
    private final StateStore store = new StateStore(PagedMemory.anonymous(7), this::time, SystemNanoClock.INSTANCE);

    private long time() {
        final Runnable task = whenNextAsked;
        whenNextAsked = null;
        if (task != null) {
            task.run();
        }
        return clock.get();
    }

    @AfterEach
    void close() {
        store.close();
    }

    private ValueState<Long, String> texts() {
        return store.state(
                TypedStateDescriptor.value("texts", Codecs.LONG, Codecs.STRING).withTimeToLive(TEN));
    }

    /** Puts in the last millisecond of what was put at 1,000, and lets that expire. */
    private Runnable putAtTheLastMoment(final ValueState<Long, String> texts, final String text) {
        return () -> {
            clock.set(1_009);
            texts.put(1L, text);
            clock.set(1_010);
        };
    }

    @Test
    void shouldReturnAValueThatWasWrittenAgainAfterItWasCopied() {
        final ValueState<Long, String> texts = texts();
        try (StoreReader reader = store.reader()) {
            final ValueStateReader<Long, String> read = reader.valueState("texts", Codecs.LONG, Codecs.STRING);
            texts.put(1L, "one");
            whenNextAsked = putAtTheLastMoment(texts, "another, which is longer");
            assertThat(read.get(1L)).isEqualTo("another, which is longer");
            clock.set(1_018);
            assertThat(read.get(1L)).isNotNull();
            clock.set(1_019);
            assertThat(read.get(1L)).isNull();
            whenNextAsked = () -> texts.remove(1L);
            assertThat(read.get(1L)).isNull();
        }
    }

    @Test
    void shouldContainAKeyThatWasWrittenAgainAfterItWasCopied() {
        final ValueState<Long, String> texts = texts();
        try (StoreReader reader = store.reader()) {
            final ValueStateReader<Long, String> read = reader.valueState("texts", Codecs.LONG, Codecs.STRING);
            texts.put(1L, "one");
            whenNextAsked = putAtTheLastMoment(texts, "one");
            assertThat(read.containsKey(1L)).isTrue();
            clock.set(1_019);
            assertThat(read.containsKey(1L)).isFalse();
            whenNextAsked = () -> texts.remove(1L);
            assertThat(read.containsKey(1L)).isFalse();
        }
    }

    @Test
    void shouldReturnAValueThatIsWrittenAgainEachTimeItIsLookedAt() {
        final ValueState<Long, String> texts = texts();
        try (StoreReader reader = store.reader()) {
            final ValueStateReader<Long, String> read = reader.valueState("texts", Codecs.LONG, Codecs.STRING);
            texts.put(1L, "0");
            whenNextAsked = () -> writeAgain(texts, 1);
            assertThat(read.get(1L)).isEqualTo("3");
        }
    }

    private void writeAgain(final ValueState<Long, String> texts, final int count) {
        clock.addAndGet(9);
        texts.put(1L, Integer.toString(count));
        clock.addAndGet(1);
        whenNextAsked = count == 3 ? null : () -> writeAgain(texts, count + 1);
    }

    @Test
    void shouldVisitValuesThatAreWrittenAgainDuringAWalk() {
        final ValueState<Long, String> texts = texts();
        for (long key = 0; key < KEYS; key++) {
            texts.put(key, Long.toString(key));
        }
        clock.addAndGet(1);
        final Map<Long, String> seen = new HashMap<>();
        try (StoreReader reader = store.reader()) {
            reader.valueState("texts", Codecs.LONG, Codecs.STRING).forEach((key, text) -> {
                assertThat(seen.put(key, text)).as("seen twice").isNull();
                writeAtTheNextLook(other -> texts.put(other, other + " once more, " + seen.size()));
            });
        }
        assertThat(seen).hasSize(KEYS);
        seen.forEach((key, text) -> assertThat(text).startsWith(Long.toString(key)));
    }

    @Test
    void shouldVisitBytesThatAreWrittenAgainDuringAWalk() {
        final BytesState bytes = store.bytesState("bytes", TEN);
        final LongBytesState longBytes = store.longBytesState("long bytes", TEN);
        for (long key = 0; key < KEYS; key++) {
            final UnsafeBuffer text = text(key, "");
            bytes.put(text, 0, text.capacity(), text, 0, text.capacity());
            longBytes.put(key, text, 0, text.capacity());
        }
        clock.addAndGet(1);
        final Map<String, String> seen = new HashMap<>();
        final Map<Long, String> seenByLong = new HashMap<>();
        try (StoreReader reader = store.reader()) {
            reader.bytesState("bytes").forEach((key, value) -> {
                seen.put(key.getStringWithoutLengthAscii(0, key.capacity()), ascii(value));
                writeAtTheNextLook(other -> {
                    final UnsafeBuffer name = text(other, "");
                    final UnsafeBuffer text = text(other, " once more, " + seen.size());
                    bytes.put(name, 0, name.capacity(), text, 0, text.capacity());
                });
            });
            clock.set(1_000_000);
            for (long key = 0; key < KEYS; key++) {
                final UnsafeBuffer text = text(key, "");
                longBytes.put(key, text, 0, text.capacity());
            }
            clock.addAndGet(1);
            reader.longBytesState("long bytes").forEach((key, value) -> {
                assertThat(seenByLong.put(key, ascii(value))).as("seen twice").isNull();
                writeAtTheNextLook(other -> {
                    final UnsafeBuffer text = text(other, " once more, " + seenByLong.size());
                    longBytes.put(other, text, 0, text.capacity());
                });
            });
        }
        assertThat(seen).hasSize(KEYS);
        seen.forEach((key, text) -> assertThat(text).startsWith(key));
        assertThat(seenByLong).hasSize(KEYS);
        seenByLong.forEach((key, text) -> assertThat(text).startsWith(Long.toString(key)));
    }

    /** A millisecond after the last time all is written again, in the last one of its life, and that passes. */
    private void writeAtTheNextLook(final LongConsumer write) {
        whenNextAsked = () -> {
            clock.addAndGet(8);
            for (long key = 0; key < KEYS; key++) {
                write.accept(key);
            }
            clock.addAndGet(1);
        };
    }

    private static UnsafeBuffer text(final long key, final String more) {
        return new UnsafeBuffer((key + more).getBytes(StandardCharsets.US_ASCII));
    }

    private static String ascii(final DirectBuffer value) {
        return value.getStringWithoutLengthAscii(0, value.capacity());
    }
}
