/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeduplicationTest {
    private static final long BUDGET_NS = 10_000_000; // enough on a busy machine, too

    private final AtomicLong clock = new AtomicLong(1);

    private DurableStateStore open(final Path directory) {
        return DurableStateStore.open(new DurableStoreContext()
                .directory(directory)
                .expiryClock(clock::get)
                .expiryBudgetNs(BUDGET_NS));
    }

    @Test
    void shouldRun() throws IOException {
        Deduplication.main();
    }

    @Test
    void shouldTakeEachPaymentOnceForAnHourAlsoAfterARestart(@TempDir final Path directory) {
        try (DurableStateStore store = open(directory)) {
            final Deduplication payments = new Deduplication(store);
            assertThat(payments.take("a", 5)).isTrue();
            assertThat(payments.take("a", 5)).isFalse();
            assertThat(payments.take("b", 7)).isTrue();
            assertThat(payments.total()).isEqualTo(12);
        }
        clock.set(Deduplication.HOUR_MS);
        try (DurableStateStore store = open(directory)) {
            final Deduplication payments = new Deduplication(store);
            assertThat(payments.take("a", 5)).isFalse();
            clock.addAndGet(1);
            assertThat(payments.take("a", 5))
                    .as("seen again meanwhile, but first an hour ago")
                    .isTrue();
            assertThat(payments.total()).isEqualTo(17);
        }
    }

    @Test
    void shouldForgetWhatItNeedNotRemember(@TempDir final Path directory) {
        try (DurableStateStore store = open(directory)) {
            final Deduplication payments = new Deduplication(store);
            for (int i = 0; i < 100_000; i++) {
                clock.addAndGet(Deduplication.HOUR_MS / 1_000);
                assertThat(payments.take("p" + i, 1)).isTrue();
            }
            assertThat(payments.rememberedCount()).isBetween(999L, 3_000L);
            assertThat(payments.total()).isEqualTo(100_000);
        }
    }
}
