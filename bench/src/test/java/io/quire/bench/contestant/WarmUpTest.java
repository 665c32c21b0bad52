/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.contestant;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.work.WorkSample;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;

class WarmUpTest {
    private static final long TARGET_NS = 1_000_000_000L;

    private long operations;
    private long spentNs;

    /** A work whose pace depends on the operations that were done before. */
    private WorkSample slice(final long operationCount, final LongToDoubleFunction nsEach) {
        final long durationNs = (long) (operationCount * nsEach.applyAsDouble(operations));
        operations += operationCount;
        spentNs += durationNs;
        return new WorkSample(operationCount, durationNs, 0, 0, 0);
    }

    @Test
    void shouldEndAfterItsTimeWhenThePaceIsSteady() {
        final WarmUp warmUp = new WarmUp(TARGET_NS, 5 * TARGET_NS);

        assertThat(warmUp.run(count -> slice(count, before -> 1_000))).isEqualTo(1_000);

        assertThat(warmUp.steady()).isTrue();
        assertThat(spentNs).isBetween(TARGET_NS, TARGET_NS * 5 / 4);
    }

    @Test
    void shouldGoOnWhileThePaceChanges() {
        final WarmUp warmUp = new WarmUp(TARGET_NS, 5 * TARGET_NS);

        // Faster by a fifth with every 10,000 operations, down to 6 us.
        final double lastNs =
                warmUp.run(count -> slice(count, before -> Math.max(6_000, 40_000 * Math.pow(0.8, before / 10_000.0))));

        assertThat(lastNs).isBetween(6_000.0, 6_700.0);
        assertThat(warmUp.steady()).isTrue();
        assertThat(spentNs).isBetween(TARGET_NS * 3 / 2, TARGET_NS * 3);
    }

    @Test
    void shouldEndAtTheCapWhenThePaceNeverSettles() {
        final WarmUp warmUp = new WarmUp(TARGET_NS, 3 * TARGET_NS);
        final int[] turn = {0};

        warmUp.run(count -> slice(count, before -> turn[0]++ % 2 == 0 ? 500 : 1_000));

        assertThat(warmUp.steady()).isFalse();
        assertThat(spentNs).isBetween(3 * TARGET_NS, 4 * TARGET_NS);
    }
}
