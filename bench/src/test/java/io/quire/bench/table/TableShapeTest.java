/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TableShapeTest {
    @ParameterizedTest
    @ValueSource(strings = {"long-long", "8x100", "32x1000", "8x8"})
    void shouldReadItsOwnCode(final String code) {
        assertThat(TableShape.parse(code).code()).isEqualTo(code);
    }

    @Test
    void shouldTellLongsFromEightBytes() {
        assertThat(TableShape.parse("8x8")).isNotEqualTo(TableShape.LONG_LONG);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "8", "x8", "8xa", "7x100", "8x7", "0x8", "264x8", "8x70000"})
    void shouldRefuseOthers(final String code) {
        assertThatThrownBy(() -> TableShape.parse(code)).isInstanceOf(IllegalArgumentException.class);
    }
}
