/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.RawMemory;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PackedTest {
    private final long memory = RawMemory.allocate(64);
    private final PackedWriter writer = new PackedWriter();
    private final PackedReader reader = new PackedReader();

    @AfterEach
    void freeMemory() {
        RawMemory.free(memory);
    }

    private int writeNumber(final long value) {
        writer.wrap(memory);
        writer.putNumber(value);
        return (int) (writer.pointer() - memory);
    }

    private int writeMask(final long mask) {
        writer.wrap(memory);
        writer.putMask(mask);
        return (int) (writer.pointer() - memory);
    }

    @Test
    void shouldTakeFewBytesForSmallNumbers() {
        assertThat(writeNumber(0)).isEqualTo(1);
        assertThat(writeNumber(127)).isEqualTo(1);
        assertThat(writeNumber(128)).isEqualTo(2);
        assertThat(writeNumber(Integer.MAX_VALUE)).isEqualTo(PackedWriter.INT_LENGTH_MAX);
        assertThat(writeNumber(Long.MAX_VALUE)).isEqualTo(PackedWriter.LONG_LENGTH_MAX);
        assertThat(writeMask(-1L)).isEqualTo(1);
        assertThat(writeMask(1L << 40)).isEqualTo(2);
        assertThat(writeMask(-2L)).isEqualTo(PackedWriter.MASK_LENGTH_MAX);
    }

    @Test
    void shouldReadBackWhatWasWrittenAndNothingShorter() {
        final Random random = new Random(9);
        for (int i = 0; i < 100_000; i++) {
            final long number = random.nextLong() >>> (1 + random.nextInt(63));
            final int numberLength = writeNumber(number);
            reader.wrap(memory, memory + numberLength);
            assertThat(reader.nextNumber()).isEqualTo(number);
            assertThat(reader.pointer()).isEqualTo(memory + numberLength);
            reader.wrap(memory, memory + numberLength - 1);
            assertThat(reader.nextNumber()).isEqualTo(PackedReader.MALFORMED_NUMBER);
            final long mask = PageImages.randomMask(random);
            final int maskLength = writeMask(mask);
            reader.wrap(memory, memory + maskLength);
            assertThat(reader.nextMask()).isEqualTo(mask);
            assertThat(reader.pointer()).isEqualTo(memory + maskLength);
            reader.wrap(memory, memory + maskLength - 1);
            assertThat(reader.nextMask()).isEqualTo(PackedReader.MALFORMED_MASK);
        }
    }

    @Test
    void shouldRefuseMoreThan63Bits() {
        RawMemory.setMemory(memory, 64, (byte) 0x80);
        reader.wrap(memory, memory + 64);
        assertThat(reader.nextNumber()).isEqualTo(PackedReader.MALFORMED_NUMBER);
    }

    @Test
    void shouldRefuseAnEmptyMask() {
        RawMemory.putByte(memory, (byte) 1);
        RawMemory.putByte(memory + 1, (byte) 0);
        reader.wrap(memory, memory + 2);
        assertThat(reader.nextMask()).isEqualTo(PackedReader.MALFORMED_MASK);
    }

    @Test
    void shouldMapDifferencesOfEitherSignToSmallNumbers() {
        for (final long value : new long[] {0, -1, 1, 1000, -1000, Long.MAX_VALUE / 2, Long.MIN_VALUE / 2}) {
            assertThat(PackedWriter.zigZag(value)).isNotNegative();
            assertThat(PackedWriter.unZigZag(PackedWriter.zigZag(value))).isEqualTo(value);
        }
        assertThat(PackedWriter.zigZag(-1)).isEqualTo(1);
        assertThat(PackedWriter.zigZag(1)).isEqualTo(2);
    }
}
