/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import java.lang.reflect.Field;
import sun.misc.Unsafe;

/**
 * The one class that touches memory by native pointer; everything else goes through it, so that the accessor can be
 * replaced in one file. No bounds are checked here: a caller passes pointers that {@link PagedMemory} or {@link
 * #allocate} returned. All values are in native byte order, which {@link PagedMemory} requires to be little-endian.
 *
 * <p>Methods with a {@code base} take either a byte array and an offset from {@link #ARRAY_OFFSET}, or null and a
 * native pointer, which is how Agrona's {@code DirectBuffer.byteArray()} and {@code addressOffset()} describe a buffer.
 *
 * <p>Threading: thread-safe; ordering is in the method names (plain unless the name says otherwise).
 */
@SuppressWarnings({"sunapi", "removal", "deprecation"})
public final class RawMemory {
    /** Offset of the first element of a byte array, for methods that take a base. */
    public static final long ARRAY_OFFSET = Unsafe.ARRAY_BYTE_BASE_OFFSET;

    private static final Unsafe UNSAFE = unsafe();

    private RawMemory() {}

    private static Unsafe unsafe() {
        try {
            final Field field = Unsafe.class.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            return (Unsafe) field.get(null);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * Allocates memory outside the heap, not zeroed.
     *
     * @param length bytes, greater than 0
     * @return native pointer, to be given to {@link #free}
     * @throws OutOfMemoryError when the system has none
     */
    public static long allocate(final long length) {
        return UNSAFE.allocateMemory(length);
    }

    /**
     * Frees memory from {@link #allocate}.
     *
     * @param pointer what allocate returned; 0 is ignored
     */
    public static void free(final long pointer) {
        UNSAFE.freeMemory(pointer);
    }

    /**
     * Sets bytes to one value.
     *
     * @param pointer first byte
     * @param length bytes
     * @param value value of each byte
     */
    public static void setMemory(final long pointer, final long length, final byte value) {
        UNSAFE.setMemory(pointer, length, value);
    }

    /**
     * Sets a few longs to zero: in the caller's code, whereas {@link #setMemory} calls out of Java, which takes longer
     * than some hundred bytes do.
     *
     * @param pointer first byte
     * @param length bytes, a multiple of 8
     */
    public static void zero(final long pointer, final int length) {
        for (int i = 0; i < length; i += Long.BYTES) {
            UNSAFE.putLong(pointer + i, 0);
        }
    }

    /**
     * Copies a few longs between native pointers, in the caller's code; the ranges must not overlap.
     *
     * @param source first byte to read
     * @param target first byte to write
     * @param length bytes, a multiple of 8
     */
    public static void copyLongs(final long source, final long target, final int length) {
        for (int i = 0; i < length; i += Long.BYTES) {
            UNSAFE.putLong(target + i, UNSAFE.getLong(source + i));
        }
    }

    /**
     * Copies bytes between native pointers; the ranges must not overlap.
     *
     * @param source first byte to read
     * @param target first byte to write
     * @param length bytes
     */
    public static void copy(final long source, final long target, final long length) {
        UNSAFE.copyMemory(source, target, length);
    }

    /**
     * Copies bytes between any two places, as if by way of a third when the ranges overlap.
     *
     * @param sourceBase byte array or null
     * @param sourceOffset offset in the array or native pointer
     * @param targetBase byte array or null
     * @param targetOffset offset in the array or native pointer
     * @param length bytes
     */
    public static void copy(
            final byte[] sourceBase,
            final long sourceOffset,
            final byte[] targetBase,
            final long targetOffset,
            final long length) {
        UNSAFE.copyMemory(sourceBase, sourceOffset, targetBase, targetOffset, length);
    }

    /**
     * Compares bytes of a buffer with bytes at a native pointer, eight at a time.
     *
     * @param base byte array or null
     * @param offset offset in the array or native pointer
     * @param pointer native pointer to compare with
     * @param length bytes
     * @return whether all are equal
     */
    public static boolean equal(final byte[] base, final long offset, final long pointer, final int length) {
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            if (UNSAFE.getLong(base, offset + i) != UNSAFE.getLong(pointer + i)) {
                return false;
            }
        }
        for (; i < length; i++) {
            if (UNSAFE.getByte(base, offset + i) != UNSAFE.getByte(pointer + i)) {
                return false;
            }
        }
        return true;
    }

    /** Reads a byte at a native pointer. */
    public static byte getByte(final long pointer) {
        return UNSAFE.getByte(pointer);
    }

    /** Writes a byte at a native pointer. */
    public static void putByte(final long pointer, final byte value) {
        UNSAFE.putByte(pointer, value);
    }

    /** Writes a byte at an offset from a base. */
    public static void putByte(final byte[] base, final long offset, final byte value) {
        UNSAFE.putByte(base, offset, value);
    }

    /** Reads a short at a native pointer. */
    public static short getShort(final long pointer) {
        return UNSAFE.getShort(pointer);
    }

    /** Writes a short at a native pointer. */
    public static void putShort(final long pointer, final short value) {
        UNSAFE.putShort(pointer, value);
    }

    /** Reads a int at a native pointer. */
    public static int getInt(final long pointer) {
        return UNSAFE.getInt(pointer);
    }

    /** Writes a int at a native pointer. */
    public static void putInt(final long pointer, final int value) {
        UNSAFE.putInt(pointer, value);
    }

    /** Reads a long at a native pointer. */
    public static long getLong(final long pointer) {
        return UNSAFE.getLong(pointer);
    }

    /** Writes a long at a native pointer. */
    public static void putLong(final long pointer, final long value) {
        UNSAFE.putLong(pointer, value);
    }

    /** Reads a int at an offset from a base. */
    public static int getInt(final byte[] base, final long offset) {
        return UNSAFE.getInt(base, offset);
    }

    /** Reads a long at an offset from a base. */
    public static long getLong(final byte[] base, final long offset) {
        return UNSAFE.getLong(base, offset);
    }

    /**
     * Reads up to eight bytes as a long whose other bytes are zero.
     *
     * @param base byte array or null
     * @param offset offset in the array or native pointer
     * @param length bytes, 1..8
     * @return the long
     */
    public static long getLong(final byte[] base, final long offset, final int length) {
        if (length == Long.BYTES) {
            return UNSAFE.getLong(base, offset);
        }
        if (length == Integer.BYTES) {
            return UNSAFE.getInt(base, offset) & 0xFFFF_FFFFL;
        }
        long value = 0;
        for (int i = 0; i < length; i++) {
            value |= (UNSAFE.getByte(base, offset + i) & 0xFFL) << (i * Byte.SIZE);
        }
        return value;
    }

    /** Writes a long at an offset from a base. */
    public static void putLong(final byte[] base, final long offset, final long value) {
        UNSAFE.putLong(base, offset, value);
    }

    /** Writes an int at an offset from a base. */
    public static void putInt(final byte[] base, final long offset, final int value) {
        UNSAFE.putInt(base, offset, value);
    }

    /** Reads a byte at an offset from a base. */
    public static byte getByte(final byte[] base, final long offset) {
        return UNSAFE.getByte(base, offset);
    }

    /** Reads a long such that no later access moves before it; the value is 8-byte aligned. */
    public static long getLongAcquire(final long pointer) {
        final long value = UNSAFE.getLong(pointer);
        UNSAFE.loadFence();
        return value;
    }

    /** Writes a long such that no earlier access moves after it; the value is 8-byte aligned. */
    public static void putLongRelease(final long pointer, final long value) {
        UNSAFE.putOrderedLong(null, pointer, value);
    }

    /** Reads a long at a native pointer with volatile ordering; 8-byte aligned. */
    public static long getLongVolatile(final long pointer) {
        return UNSAFE.getLongVolatile(null, pointer);
    }

    /** Writes a long at a native pointer with volatile ordering; 8-byte aligned. */
    public static void putLongVolatile(final long pointer, final long value) {
        UNSAFE.putLongVolatile(null, pointer, value);
    }

    /** Compares and sets with full ordering; the value is 8-byte aligned. */
    public static boolean compareAndSetLong(final long pointer, final long expected, final long value) {
        return UNSAFE.compareAndSwapLong(null, pointer, expected, value);
    }

    /** No load before this moves after it, and no access after it before it. */
    public static void loadFence() {
        UNSAFE.loadFence();
    }

    /** No store after this moves before it, and no access before it after it. */
    public static void storeFence() {
        UNSAFE.storeFence();
    }
}
