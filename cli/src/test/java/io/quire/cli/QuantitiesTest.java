/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class QuantitiesTest {
    @Test
    void shouldReadLikeNumbersPeopleWrite() {
        assertThat(Quantities.bytes(999)).isEqualTo("999 B");
        assertThat(Quantities.bytes(1000)).isEqualTo("1.0 kB");
        assertThat(Quantities.bytes(999_960)).isEqualTo("1.0 MB");
        assertThat(Quantities.bytes(Long.MAX_VALUE)).isEqualTo("9.2 EB");
        assertThat(Quantities.count(1234567)).isEqualTo("1,234,567");
        assertThat(Quantities.duration(999)).isEqualTo("999 ns");
        assertThat(Quantities.duration(3_190_000)).isEqualTo("3.19 ms");
        assertThat(Quantities.duration(31_900_000)).isEqualTo("31.9 ms");
        assertThat(Quantities.duration(319_000_000)).isEqualTo("319 ms");
        assertThat(Quantities.duration(100_000_000_000L)).isEqualTo("1:40");
        assertThat(Quantities.clock(3723)).isEqualTo("1:02:03");
        assertThat(Quantities.rate(10, 2_000_000_000)).isEqualTo(5.0);
        assertThat(Quantities.rate(10, 0)).isZero();
    }

    @Test
    void shouldReadDurations() {
        final DurationConverter converter = new DurationConverter();
        assertThat(converter.convert("1s")).isEqualTo(1_000_000_000L);
        assertThat(converter.convert("500ms")).isEqualTo(500_000_000L);
        assertThat(converter.convert("1.5")).isEqualTo(1_500_000_000L);
        assertThat(converter.convert("2m")).isEqualTo(120_000_000_000L);
        assertThat(converter.convert("0")).isZero();
        for (final String bad : new String[] {"", "s", "-1s", "1x", "1e3", "99999999h", "1,5s"}) {
            assertThatThrownBy(() -> converter.convert(bad)).as(bad).isInstanceOf(TypeConversionException.class);
        }
    }
}
