/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.ConfigurationException;
import org.junit.jupiter.api.Test;

class BandwidthLimitTest {
    private static final long SECOND = 1_000_000_000L;

    private long nowNs = Long.MAX_VALUE - 5 * SECOND; // The clock may wrap.
    private long sleptNs;

    private BandwidthLimit limit(final long bytesPerSecond) {
        return new BandwidthLimit(bytesPerSecond, () -> nowNs, ns -> {
            nowNs += ns;
            sleptNs += ns;
        });
    }

    @Test
    void shouldHoldWritesToTheLimit() {
        final BandwidthLimit limit = limit(1_000_000);
        final long start = nowNs;
        for (int i = 0; i < 100; i++) {
            limit.beforeWrite(100_000);
        }
        assertThat(nowNs - start).isBetween(9 * SECOND, 10 * SECOND);
    }

    @Test
    void shouldNotSaveUpMoreThanATenthOfASecond() {
        final BandwidthLimit limit = limit(1_000_000);
        nowNs += 100 * SECOND;
        for (int i = 0; i < 10; i++) {
            limit.beforeWrite(100_000);
        }
        assertThat(sleptNs).isBetween(SECOND * 7 / 10, SECOND);
    }

    @Test
    void shouldEndAWaitEarlyWhenInterrupted() {
        final BandwidthLimit limit = new BandwidthLimit(1);
        limit.beforeWrite(1_000_000);
        Thread.currentThread().interrupt();
        limit.beforeWrite(1);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void shouldRefuseALimitOutOfRange() {
        assertThatThrownBy(() -> new BandwidthLimit(0)).isInstanceOf(ConfigurationException.class);
    }
}
