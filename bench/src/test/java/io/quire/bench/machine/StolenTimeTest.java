/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StolenTimeTest {
    @Test
    void shouldReadTheEighthColumn() {
        final StolenTime time = StolenTime.parse("cpu  100 0 50 800 0 0 0 50 7 7");

        assertThat(time).isEqualTo(new StolenTime(50, 1_000));
    }

    @Test
    void shouldTellTheShareBetweenTwoReadings() {
        final StolenTime before = new StolenTime(10, 1_000);

        assertThat(new StolenTime(15, 1_100).shareSince(before)).isEqualTo(0.05);
        assertThat(before.shareSince(before)).isZero();
    }
}
