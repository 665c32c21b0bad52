/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.RawMemory;
import net.openhft.hashing.LongHashFunction;

/**
 * Seeded 64-bit hashes of keys. The top bits select the segment, the low 32 bits the home slot, so both ends have to be
 * good. Without the seed, keys that collide cannot be constructed in advance.
 *
 * <p>The hash of a long is a bijection: tables store it in place of the key, so that moving an entry needs no hashing
 * and {@link #keyOf} gives the key back.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class KeyHash {
    /** Bits of the hash that choose the home slot. */
    private static final long HOME_MASK = 0xFFFF_FFFFL;

    private final long seed;
    private final long restSeed;
    private final LongHashFunction bytesHash;

    KeyHash(final long seed) {
        this.seed = seed;
        restSeed = mix(seed + 1);
        bytesHash = LongHashFunction.wy_3(mix(seed));
    }

    /** Hash of a long key; different for different keys. */
    long ofLong(final long key) {
        return mix(key ^ seed);
    }

    /** The long key of a hash. */
    long keyOf(final long hash) {
        return unmix(hash) ^ seed;
    }

    /** Hash of a byte key; one of eight bytes hashes as the long it is. */
    long ofBytes(final byte[] base, final long offset, final int length) {
        if (length == Long.BYTES) {
            return ofLong(RawMemory.getLong(base, offset));
        }
        if (length == 0) {
            return mix(~seed);
        }
        return base == null
                ? bytesHash.hashMemory(offset, length)
                : bytesHash.hashBytes(base, (int) (offset - RawMemory.ARRAY_OFFSET), length);
    }

    /**
     * Hash of a key of a table of fixed widths. Of keys with the same bytes after the first eight, different ones have
     * different hashes, and {@link #firstOf} gives the first eight bytes back.
     *
     * @param length bytes; a shorter key than eight hashes as if zeros followed
     */
    long ofFixed(final byte[] base, final long offset, final int length) {
        if (length <= Long.BYTES) {
            return ofLong(RawMemory.getLong(base, offset, length));
        }
        return ofLong(RawMemory.getLong(base, offset) ^ ofRest(base, offset + Long.BYTES, length - Long.BYTES));
    }

    /**
     * First eight bytes of a key of a table of fixed widths.
     *
     * @param hash the key's
     * @param rest native pointer to its bytes after the first eight, if there are any
     * @param length bytes of the key
     */
    long firstOf(final long hash, final long rest, final int length) {
        return firstOf(hash, null, rest, length);
    }

    /** The same with the rest at an offset in an array, or at a native pointer when that is null. */
    long firstOf(final long hash, final byte[] restBase, final long restOffset, final int length) {
        final long first = keyOf(hash);
        return length <= Long.BYTES ? first : first ^ ofRest(restBase, restOffset, length - Long.BYTES);
    }

    private long ofRest(final byte[] base, final long offset, final int length) {
        if (length == Long.BYTES) {
            return mix(RawMemory.getLong(base, offset) ^ restSeed);
        }
        return base == null
                ? bytesHash.hashMemory(offset, length)
                : bytesHash.hashBytes(base, (int) (offset - RawMemory.ARRAY_OFFSET), length);
    }

    /** Tells whether two stores hash alike; kept in a table's root. */
    long check() {
        return mix(mix(~seed) + 1);
    }

    /** Home slot, monotone in the low 32 bits of the hash. */
    static int home(final long hash, final int slotCount) {
        return (int) (((hash & HOME_MASK) * slotCount) >>> Integer.SIZE);
    }

    // David Stafford's variant 13 of the 64-bit finalizer of MurmurHash3 (the one of SplitMix64).
    static long mix(final long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    static long unmix(final long value) {
        long z = value;
        z = (z ^ (z >>> 31) ^ (z >>> 62)) * 0x319642b2d24d8ec3L;
        z = (z ^ (z >>> 27) ^ (z >>> 54)) * 0x96de1b173f119089L;
        return z ^ (z >>> 30) ^ (z >>> 60);
    }
}
