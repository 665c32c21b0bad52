/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.IntStream;
import org.agrona.concurrent.IdleStrategy;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records around every boundary of a ring: its longest record, its capacity, and its end, wherever that is. */
class RingBoundaryTest {
    private static final int CAPACITY = 65536;
    private static final int LONGEST = 16384; // with its header; what is longer is cut
    private static final int PIECE = LONGEST - 16; // of a record that is cut
    private static final int HEADERS = 24; // header of the record and its key

    @TempDir
    Path directory;

    /** Fits exactly, or is a byte shorter or longer; the same for two pieces, for the ring, and for two rings. */
    @ParameterizedTest
    @ValueSource(
            ints = {
                LONGEST - HEADERS - 1,
                LONGEST - HEADERS,
                LONGEST - HEADERS + 1,
                2 * PIECE - HEADERS - 1,
                2 * PIECE - HEADERS,
                2 * PIECE - HEADERS + 1,
                4 * PIECE - HEADERS - 1,
                4 * PIECE - HEADERS,
                4 * PIECE - HEADERS + 1,
                8 * PIECE - HEADERS,
                8 * PIECE - HEADERS + 1
            })
    void shouldKeepARecordWhereverInTheRingItBegins(final int valueLength) {
        final byte[] value = new byte[valueLength];
        new Random(valueLength).nextBytes(value);
        leftToTheEnd().forEach(left -> {
            try (RingFixture fixture = new RingFixture(directory, CAPACITY, 5L * CAPACITY - left)) {
                final ChangeLog log = new ChangeLog(
                        fixture.ring,
                        fixture.failStop,
                        new DrainingIdleStrategy(fixture),
                        ConsumerSignal.NONE,
                        System::nanoTime);
                log.putLongBytes(1, 7, value, RawMemory.ARRAY_OFFSET, valueLength);
                if (valueLength <= LONGEST - HEADERS) {
                    final int pad = left < LONGEST ? left : 0;
                    assertThat(log.position()).isEqualTo(5L * CAPACITY - left + pad + LONGEST);
                    assertThat(log.stallCount()).isZero();
                }
                log.putLong(2, left, -left);
                fixture.drain();
                assertThat(fixture.received)
                        .as("left=%d", left)
                        .containsExactly(
                                new RecordedChange((byte) 1, 1, RecordedChange.longBytes(7), value),
                                new RecordedChange(
                                        (byte) 1, 2, RecordedChange.longBytes(left), RecordedChange.longBytes(-left)));
                assertThat(fixture.assembler.groupEndPosition()).isEqualTo(log.position());
                assertThat(fixture.assembler.groupCount()).isEqualTo(2);
            }
        });
    }

    /** Bytes from the start of the record to the end of the body. */
    private static IntStream leftToTheEnd() {
        return IntStream.of(0, LONGEST, 2 * LONGEST, CAPACITY)
                .flatMap(boundary -> IntStream.rangeClosed(-10, 10).map(longs -> boundary + longs * Long.BYTES))
                .filter(left -> left > 0 && left <= CAPACITY);
    }

    private record DrainingIdleStrategy(RingFixture fixture) implements IdleStrategy {
        @Override
        public void idle(final int workCount) {
            idle();
        }

        @Override
        public void idle() {
            assertThat(fixture.received).as("nothing of what is not complete").isEmpty();
            fixture.drain();
        }

        @Override
        public void reset() {}
    }
}
