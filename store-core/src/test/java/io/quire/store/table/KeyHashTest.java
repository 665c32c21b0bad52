/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.RawMemory;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

class KeyHashTest {
    private static final int COUNT = 1 << 17;

    private static long ofString(final KeyHash hash, final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return hash.ofBytes(bytes, RawMemory.ARRAY_OFFSET, bytes.length);
    }

    @Test
    void shouldGiveLongKeysBack() {
        final Random random = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            final KeyHash hash = new KeyHash(random.nextLong());
            final long key = random.nextLong();
            assertThat(hash.keyOf(hash.ofLong(key))).isEqualTo(key);
        }
        assertThat(new KeyHash(77).ofLong(77)).isZero();
    }

    @Test
    void shouldHashBytesAlikeOnHeapAndOffHeap() {
        final KeyHash hash = new KeyHash(3);
        final byte[] bytes = new byte[600];
        new Random(2).nextBytes(bytes);
        final long pointer = RawMemory.allocate(bytes.length);
        try {
            RawMemory.copy(bytes, RawMemory.ARRAY_OFFSET, null, pointer, bytes.length);
            for (int length = 0; length <= 500; length++) {
                assertThat(hash.ofBytes(bytes, RawMemory.ARRAY_OFFSET + 3, length))
                        .isEqualTo(hash.ofBytes(null, pointer + 3, length));
            }
        } finally {
            RawMemory.free(pointer);
        }
    }

    @Test
    void shouldHashBytesDifferentlyUnderEachSeed() {
        for (int length = 0; length < 40; length++) {
            final byte[] bytes = new byte[length];
            assertThat(new KeyHash(1).ofBytes(bytes, RawMemory.ARRAY_OFFSET, length))
                    .isNotEqualTo(new KeyHash(2).ofBytes(bytes, RawMemory.ARRAY_OFFSET, length));
        }
        assertThat(new KeyHash(1).check()).isNotEqualTo(new KeyHash(2).check());
    }

    @Test
    void shouldFlipHalfOfTheBitsForEachBitOfALong() {
        final KeyHash hash = new KeyHash(0x5eed);
        final Random random = new Random(3);
        final int samples = 20_000;
        final int[][] flips = new int[Long.SIZE][Long.SIZE];
        for (int i = 0; i < samples; i++) {
            final long key = random.nextLong();
            for (int in = 0; in < Long.SIZE; in++) {
                count(flips[in], hash.ofLong(key) ^ hash.ofLong(key ^ 1L << in));
            }
        }
        assertHalf(flips, samples);
    }

    @Test
    void shouldFlipHalfOfTheBitsForEachBitOfBytes() {
        final KeyHash hash = new KeyHash(0x5eed);
        final Random random = new Random(4);
        final int samples = 10_000;
        for (final int length : new int[] {1, 3, 4, 7, 9, 16, 17, 33, 49, 65}) {
            final int[][] flips = new int[length * 8][Long.SIZE];
            final byte[] key = new byte[length];
            for (int i = 0; i < samples; i++) {
                random.nextBytes(key);
                final long before = hash.ofBytes(key, RawMemory.ARRAY_OFFSET, length);
                for (int in = 0; in < length * 8; in += length > 8 ? 5 : 1) {
                    key[in / 8] ^= (byte) (1 << in % 8);
                    count(flips[in], before ^ hash.ofBytes(key, RawMemory.ARRAY_OFFSET, length));
                    key[in / 8] ^= (byte) (1 << in % 8);
                }
            }
            if (length >= 4) { // shorter keys have too few different values
                assertHalf(flips, samples);
            }
        }
    }

    private static void count(final int[] flips, final long difference) {
        for (int out = 0; out < Long.SIZE; out++) {
            flips[out] += (int) (difference >>> out & 1);
        }
    }

    private static void assertHalf(final int[][] flips, final int samples) {
        final double tolerance = 6 * Math.sqrt(samples * 0.25); // six sigma
        for (final int[] row : flips) {
            int sum = 0;
            for (final int flip : row) {
                sum += flip;
            }
            if (sum != 0) { // a bit that was left out
                for (final int flip : row) {
                    assertThat((double) flip).isBetween(samples / 2.0 - tolerance, samples / 2.0 + tolerance);
                }
            }
        }
    }

    @Test
    void shouldFlipHalfOfTheBitsForEachBitOfAFixedKey() {
        final KeyHash hash = new KeyHash(0x5eed);
        final Random random = new Random(5);
        final int samples = 10_000;
        for (final int length : new int[] {4, 8, 16, 24, 64}) {
            final int[][] flips = new int[length * 8][Long.SIZE];
            final byte[] key = new byte[length];
            for (int i = 0; i < samples; i++) {
                random.nextBytes(key);
                final long before = hash.ofFixed(key, RawMemory.ARRAY_OFFSET, length);
                for (int in = 0; in < length * 8; in += length > 8 ? 7 : 1) {
                    key[in / 8] ^= (byte) (1 << in % 8);
                    count(flips[in], before ^ hash.ofFixed(key, RawMemory.ARRAY_OFFSET, length));
                    key[in / 8] ^= (byte) (1 << in % 8);
                }
            }
            assertHalf(flips, samples);
        }
    }

    @Test
    void shouldGiveFixedKeysBack() {
        final Random random = new Random(6);
        final long pointer = RawMemory.allocate(64);
        try {
            for (int i = 0; i < 10_000; i++) {
                final KeyHash hash = new KeyHash(random.nextLong());
                final int length = 8 + random.nextInt(57);
                final byte[] key = new byte[length];
                random.nextBytes(key);
                RawMemory.copy(key, RawMemory.ARRAY_OFFSET, null, pointer, length);
                final long hashed = hash.ofFixed(key, RawMemory.ARRAY_OFFSET, length);
                assertThat(hash.ofFixed(null, pointer, length)).isEqualTo(hashed);
                assertThat(hash.firstOf(hashed, pointer + 8, length)).isEqualTo(RawMemory.getLong(pointer));
            }
        } finally {
            RawMemory.free(pointer);
        }
    }

    private static long ofPair(final KeyHash hash, final long first, final long second) {
        final byte[] key = new byte[16];
        RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, first);
        RawMemory.putLong(key, RawMemory.ARRAY_OFFSET + 8, second);
        return hash.ofFixed(key, RawMemory.ARRAY_OFFSET, 16);
    }

    @Test
    void shouldSpreadFixedKeysOfCommonShapes() {
        final KeyHash hash = new KeyHash(0x5eed);
        assertSpread("first counts", i -> ofPair(hash, i, 7));
        assertSpread("second counts", i -> ofPair(hash, 7, i));
        assertSpread("both count", i -> ofPair(hash, i, i));
        assertSpread("first against second", i -> ofPair(hash, i, -i));
        assertSpread("grid", i -> ofPair(hash, i >>> 9, i & 511));
        assertSpread("high bits of the second", i -> ofPair(hash, 0, (long) i << 47));
    }

    @Test
    void shouldSpreadKeysOfCommonShapes() {
        final KeyHash hash = new KeyHash(0x5eed);
        assertSpread("sequential", i -> hash.ofLong(i));
        assertSpread("negative", i -> hash.ofLong(-i));
        assertSpread("multiples of 4096", i -> hash.ofLong((long) i << 12));
        assertSpread("high bits only", i -> hash.ofLong((long) i << 47));
        assertSpread("both ends", i -> hash.ofLong((long) i << 47 | i));
        assertSpread("doubles", i -> hash.ofLong(Double.doubleToLongBits(i)));
        assertSpread("decimal", i -> ofString(hash, Integer.toString(i)));
        assertSpread("padded decimal", i -> ofString(hash, String.format("%012d", i)));
        assertSpread("prefixed", i -> ofString(hash, "user:" + i + ":profile"));
        assertSpread("hexadecimal", i -> ofString(hash, Integer.toHexString(i * 7)));
        assertSpread("paths", i -> ofString(hash, "/var/log/app/" + i / 100 + "/" + i % 100 + ".log"));
        assertSpread("repeated", i -> ofString(hash, "x".repeat(i % 512) + i / 512));
        assertSpread("same but for the last bytes", i -> ofString(hash, "0123456789".repeat(20) + i));
        assertSpread("same but for the first bytes", i -> ofString(hash, i + "0123456789".repeat(20)));
    }

    @Test
    void shouldSpreadKeysThatCollideUnderAnotherSeed() {
        final KeyHash attacked = new KeyHash(1111);
        final KeyHash hash = new KeyHash(2222);
        assertSpread("same segment", i -> hash.ofLong(attacked.keyOf(i)));
        assertSpread("same home", i -> hash.ofLong(attacked.keyOf((long) i << 40)));
    }

    /** Segments (top bits), homes (low bits) and the tag bits in between are all filled evenly. */
    private static void assertSpread(final String what, final IntToLongFunction hashes) {
        final int buckets = 1 << 10;
        final int[] top = new int[buckets];
        final int[] middle = new int[buckets];
        final int[] homes = new int[buckets];
        for (int i = 0; i < COUNT; i++) {
            final long hash = hashes.applyAsLong(i);
            top[(int) (hash >>> 54)]++;
            middle[(int) (hash >>> 40) & (buckets - 1)]++;
            homes[KeyHash.home(hash, buckets)]++;
        }
        assertEven(what + ": top", top);
        assertEven(what + ": middle", middle);
        assertEven(what + ": home", homes);
    }

    private static void assertEven(final String what, final int[] counts) {
        final double expected = (double) COUNT / counts.length;
        double chiSquare = 0;
        for (final int count : counts) {
            chiSquare += (count - expected) * (count - expected) / expected;
        }
        // Mean is the degrees of freedom, the standard deviation sqrt(2 * that); six sigma either way.
        final double freedom = counts.length - 1;
        final double tolerance = 6 * Math.sqrt(2 * freedom);
        assertThat(chiSquare).as(what).isBetween(freedom - tolerance, freedom + tolerance);
    }
}
