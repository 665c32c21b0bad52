/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SpreadTest {
    @Test
    void shouldFindTheMiddleOfAnOddNumber() {
        assertThat(Spread.of(5, 1, 3)).isEqualTo(new Spread(3, 1, 2, 3, 4, 5));
    }

    @Test
    void shouldInterpolateBetweenTheTwoInTheMiddle() {
        final Spread spread = Spread.of(4, 1, 2, 3);

        assertThat(spread.median()).isEqualTo(2.5);
        assertThat(spread.lowerQuartile()).isEqualTo(1.75);
        assertThat(spread.upperQuartile()).isEqualTo(3.25);
    }

    @Test
    void shouldTakeASingleMeasurementForAll() {
        assertThat(Spread.of(7)).isEqualTo(new Spread(1, 7, 7, 7, 7, 7));
        assertThat(Spread.of(7).relativeRange()).isZero();
    }

    @Test
    void shouldRefuseNoMeasurements() {
        assertThatThrownBy(Spread::of).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldRelateTheRangeToTheMedian() {
        assertThat(Spread.of(8, 9, 10, 11, 12).relativeRange()).isEqualTo(0.2);
    }

    @Test
    void shouldLeaveTheMeasurementsInTheirOrder() {
        final double[] values = {3, 1, 2};

        Spread.of(values);

        assertThat(values).containsExactly(3, 1, 2);
    }
}
