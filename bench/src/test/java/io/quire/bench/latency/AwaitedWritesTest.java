/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.bench.table.WriteAcknowledgements;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AwaitedWritesTest {
    private static final class Source implements WriteAcknowledgements {
        private long written;
        private long acknowledged;

        @Override
        public long writtenPosition() {
            return written;
        }

        @Override
        public long acknowledgedPosition() {
            return acknowledged;
        }
    }

    private final Source source = new Source();
    private final AwaitedWrites awaited = new AwaitedWrites();
    private final List<Long> dues = new ArrayList<>();
    private final List<Long> times = new ArrayList<>();

    @BeforeEach
    void begin() {
        awaited.begin(source);
    }

    private void write(final long dueNs) {
        source.written += 8;
        awaited.add(dueNs);
    }

    private void take(final int countMax) {
        awaited.take(countMax, (dueNs, acknowledgedNs) -> {
            dues.add(dueNs);
            times.add(acknowledgedNs);
        });
    }

    @Test
    void shouldGiveOutWhatWasAcknowledgedAndNoMore() {
        write(1);
        write(2);
        write(3);
        source.acknowledged = 23;
        awaited.look();
        take(100);
        assertThat(dues).containsExactly(1L, 2L);
        assertThat(awaited.isAnyLeft()).isTrue();

        source.acknowledged = 24;
        take(100);
        assertThat(dues).as("not looked again").hasSize(2);
        awaited.look();
        take(100);
        assertThat(dues).containsExactly(1L, 2L, 3L);
        assertThat(awaited.isAnyLeft()).isFalse();
    }

    /** However late a write is given out, its time is that of the look which saw it first. */
    @Test
    void shouldKeepTheTimeAtWhichAnAcknowledgementWasSeen() {
        for (int i = 1; i <= 4; i++) {
            write(i);
        }
        final long beforeNs = System.nanoTime();
        source.acknowledged = 16;
        awaited.look();
        final long betweenNs = System.nanoTime();
        while (System.nanoTime() == betweenNs) {
            Thread.onSpinWait();
        }
        source.acknowledged = 32;
        awaited.look();

        take(1);
        take(2);
        take(1);

        assertThat(dues).containsExactly(1L, 2L, 3L, 4L);
        assertThat(times.get(0)).isEqualTo(times.get(1)).isBetween(beforeNs, betweenNs);
        assertThat(times.get(2)).isEqualTo(times.get(3)).isGreaterThan(betweenNs);
    }

    @Test
    void shouldLoseNoWriteWhenItLooksMoreOftenThanItGivesOut() {
        final int count = 200_000;
        for (int i = 1; i <= count; i++) {
            write(i);
            source.acknowledged = source.written;
            awaited.look();
        }
        while (awaited.isAnyLeft()) {
            take(1_000);
            awaited.look();
        }

        assertThat(dues).hasSize(count).isSorted();
    }

    @Test
    void shouldRefuseMoreWritesThanItCanNote() {
        assertThatThrownBy(() -> {
                    for (int i = 0; i <= 1 << 20; i++) {
                        write(i);
                    }
                })
                .hasMessageContaining("too many writes are not acknowledged");
    }
}
