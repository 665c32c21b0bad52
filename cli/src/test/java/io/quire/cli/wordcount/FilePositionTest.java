/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class FilePositionTest {
    private final FilePosition position = new FilePosition(0x11, 0x22, 0x33, 0x44, digest(), 0x55, 0x66, 0x77);

    private static byte[] digest() {
        final byte[] digest = new byte[FilePosition.DIGEST_LENGTH];
        Arrays.fill(digest, (byte) 0xDD);
        return digest;
    }

    @Test
    void shouldKeepItsLayout() {
        assertThat(HexFormat.of().formatHex(position.encode()))
                .isEqualTo("01000000" + "00000000" + "1100000000000000" + "2200000000000000" + "3300000000000000"
                        + "4400000000000000" + "dd".repeat(32) + "55000000" + "66000000" + "7700000000000000");
        assertThat(position.encode()).hasSize(88);
    }

    @Test
    void shouldDecodeWhatItEncoded() {
        assertThat(FilePosition.decode(position.encode())).isEqualTo(position);
    }

    @Test
    void shouldRefuseOtherLengthsAndVersions() {
        assertThatThrownBy(() -> FilePosition.decode(new byte[87])).hasMessageContaining("expected=88 found=87");
        final byte[] other = position.encode();
        other[0] = 2;
        assertThatThrownBy(() -> FilePosition.decode(other)).hasMessageContaining("expected=1 found=2");
    }
}
