/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HexDigitsTest {
    @Test
    void shouldWriteSixteenDigitsWhateverTheNumber() {
        assertThat(HexDigits.of(0)).isEqualTo("0000000000000000");
        assertThat(HexDigits.of(0x1f)).isEqualTo("000000000000001f");
        assertThat(HexDigits.of(0x0123_4567_89ab_cdefL)).isEqualTo("0123456789abcdef");
        assertThat(HexDigits.of(-1)).isEqualTo("ffffffffffffffff");
        assertThat(HexDigits.of(Long.MIN_VALUE)).isEqualTo("8000000000000000");
    }
}
