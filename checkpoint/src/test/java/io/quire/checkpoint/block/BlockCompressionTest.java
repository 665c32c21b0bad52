/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.api.Test;

class BlockCompressionTest {
    private static final int LENGTH = 32 * 1024;

    private final ByteBuffer source = ByteBuffer.allocateDirect(LENGTH);
    private final ByteBuffer stored = ByteBuffer.allocateDirect(2 * LENGTH);
    private final ByteBuffer restored = ByteBuffer.allocateDirect(LENGTH);

    private int roundTrip(final LZ4Compressor compressor) {
        final int length = compressor.compress(source, 0, LENGTH, stored, 0, compressor.maxCompressedLength(LENGTH));
        assertThat(BlockCompression.DECOMPRESSOR.decompress(stored, 0, length, restored, 0, LENGTH))
                .isEqualTo(LENGTH);
        assertThat(restored).isEqualTo(source);
        return length;
    }

    /** A file written where native code does not load is read where it does, and the other way round. */
    @Test
    void shouldWriteTheSameFormatWithAndWithoutNativeCode() {
        final Random random = new Random(8);
        for (int i = 0; i < LENGTH; i++) {
            source.put(i, (byte) (random.nextInt(4) == 0 ? random.nextInt() : i / 100));
        }
        final LZ4Factory inJava = LZ4Factory.safeInstance();
        final int length = roundTrip(BlockCompression.compressor(inJava, 2));
        assertThat(length).isLessThan(LENGTH);
        assertThat(inJava.safeDecompressor().decompress(stored, 0, length, restored, 0, LENGTH))
                .isEqualTo(LENGTH);
        for (final int acceleration : new int[] {1, 2, 64}) {
            try (BlockCompression compression = new BlockCompression(acceleration)) {
                assertThat(roundTrip(compression.compressor())).isLessThan(LENGTH);
            }
        }
    }
}
