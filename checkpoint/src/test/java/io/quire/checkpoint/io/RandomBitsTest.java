/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RandomBitsTest {
    @Test
    void shouldGiveNumbersThatHaveNothingInCommon() {
        final long[] numbers = RandomBits.take(1024);
        assertThat(Arrays.stream(numbers).distinct().count()).isEqualTo(1024);
        final long ones = Arrays.stream(numbers).map(Long::bitCount).sum();
        assertThat(ones).isBetween(30_000L, 35_500L); // half of 65,536, give or take 16 standard deviations
    }
}
