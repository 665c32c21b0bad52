/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.RawMemory;
import org.junit.jupiter.api.Test;

class TimestampJudgementTest {
    @Test
    void shouldNotCountAsExpiredWhatIsRenewedWhileTheClockIsAsked() {
        final long pointer = RawMemory.allocate(Long.BYTES);
        try {
            RawMemory.putLong(pointer, 1_000);
            final boolean live = TimestampedFixedBytesReader.isLive(
                    timestampMs -> {
                        if (timestampMs == 1_000) {
                            RawMemory.putLong(pointer, 1_009); // by the writer, before the clock strikes
                        }
                        return timestampMs + 10 > 1_010;
                    },
                    pointer);
            assertThat(live).isTrue();
            assertThat(TimestampedFixedBytesReader.isLive(timestampMs -> false, pointer))
                    .isFalse();
        } finally {
            RawMemory.free(pointer);
        }
    }
}
