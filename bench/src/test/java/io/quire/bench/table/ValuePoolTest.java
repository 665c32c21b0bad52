/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.RawMemory;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

class ValuePoolTest {
    @Test
    void shouldGiveTheSameBytesAsArrayAndInNativeMemory() {
        final ValuePool pool = new ValuePool(100);
        for (long seed = 0; seed < 1_000; seed++) {
            final int offset = pool.offsetOf(seed);

            assertThat(ValueDigest.ofNative(pool.pointer() + offset, 100)).isEqualTo(pool.digestOf(seed));
            assertThat(RawMemory.getLong(pool.pointer() + offset)).isEqualTo(pool.firstWordOf(seed));
        }
    }

    @Test
    void shouldGiveDifferentSeedsDifferentValues() {
        final ValuePool pool = new ValuePool(100);
        final Set<Long> digests = new HashSet<>();
        for (long seed = 0; seed < 10_000; seed++) {
            digests.add(pool.digestOf(seed));
        }

        assertThat(digests).hasSizeGreaterThan(9_500);
    }

    @Test
    void shouldCompressToAboutHalf() {
        final ValuePool pool = new ValuePool(100);
        final Deflater deflater = new Deflater();
        deflater.setInput(pool.array(), 0, 1 << 20);
        deflater.finish();

        final int length = deflater.deflate(new byte[2 << 20]);
        deflater.end();

        assertThat(length).isBetween(500_000, 700_000);
    }
}
