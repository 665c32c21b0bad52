/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.LongBinaryOperator;

/**
 * Words and counts in one array, and their order. No object for a word: millions fit into a small heap.
 *
 * <pre>
 *  0                              8                        + padding to 8
 *  +--------+-------------+-------+---------------- - - ---+------------------+
 *  | count  | key length  | flags | key bytes, zeros after | id, long words   |
 *  | 48 bit | 14 bit      | 2 bit |                        |                  |
 *  +--------+-------------+-------+---------------- - - ---+------------------+
 * </pre>
 *
 * <p>Threading: confined to one thread.
 */
final class WordArena {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private static final int KEY_OFFSET = Long.BYTES;
    private static final int COUNT_SHIFT = 16;
    private static final long COUNT_MAX = -1L >>> COUNT_SHIFT;
    private static final int KEY_LENGTH_SHIFT = 2;
    private static final int KEY_LENGTH_MAX = (1 << (COUNT_SHIFT - KEY_LENGTH_SHIFT)) - 1;
    private static final int FLAG_LONG = 1;
    private static final int FLAG_KEEP = 2;
    private static final int ALIGNMENT_SHIFT = 3;
    private static final int INSERTION_SORT_MAX = 12;
    private static final int CAPACITY_MIN = 1 << 10;

    private final int capacityMax;
    private final LongBinaryOperator longWords;
    private byte[] arena;
    private int used;
    private int size;
    /** Offsets of the entries, in units of 8 bytes. */
    private int[] entries = new int[1 << 14];
    /** Eight bytes of each entry's key from the depth that is being sorted, ordered as signed numbers. */
    private long[] prefixes = new long[1 << 14];

    /**
     * Creates an empty arena.
     *
     * @param capacityMax bytes of entries at most; half as much again is needed to sort them
     * @param capacity bytes of entries expected
     * @param longWords compares two long words by the ids of their pieces
     */
    WordArena(final int capacityMax, final long capacity, final LongBinaryOperator longWords) {
        this.capacityMax = capacityMax;
        this.longWords = longWords;
        this.arena = new byte[(int) Math.min(capacityMax, Math.max(CAPACITY_MIN, capacity))];
    }

    void clear() {
        used = 0;
        size = 0;
    }

    int size() {
        return size;
    }

    /**
     * Adds a word.
     *
     * @param count its count; more than 2^48 - 1 are shown as that many
     * @param key what it is sorted by
     * @return false when the arena is full; then nothing was added
     */
    boolean add(final long count, final SortKey key) {
        final int length = entryLength(key.length, key.longId != 0);
        if (length > arena.length - used && !grow(length)) {
            return false;
        }
        if (size == entries.length) {
            entries = Arrays.copyOf(entries, size + (size >>> 1));
            prefixes = Arrays.copyOf(prefixes, size + (size >>> 1));
        }
        final int at = used;
        assert key.length <= KEY_LENGTH_MAX : "keyLength=" + key.length;
        final long header = Math.min(count, COUNT_MAX) << COUNT_SHIFT | (long) key.length << KEY_LENGTH_SHIFT;
        LONG.set(arena, at, key.longId != 0 ? header | FLAG_LONG : header);
        LONG.set(arena, at + KEY_OFFSET + padded(key.length) - Long.BYTES, 0L);
        System.arraycopy(key.bytes, 0, arena, at + KEY_OFFSET, key.length);
        if (key.longId != 0) {
            LONG.set(arena, at + length - Long.BYTES, key.longId);
        }
        used += length;
        append(at);
        return true;
    }

    private void append(final int at) {
        entries[size] = at >>> ALIGNMENT_SHIFT;
        prefixes[size] = prefix(at, 0);
        size++;
    }

    private boolean grow(final int needed) {
        final long wanted = Math.min(capacityMax, Math.max(arena.length * 2L, (long) used + needed));
        if (wanted - used < needed) {
            return false;
        }
        arena = Arrays.copyOf(arena, (int) wanted);
        return true;
    }

    /**
     * Room for all words of a store.
     *
     * @param entryCount words
     * @param payloadLength bytes of the words and their counts
     * @return bytes, at least as much as needed unless there are long words
     */
    static long estimatedCapacity(final long entryCount, final long payloadLength) {
        // The payload has 8 bytes for each count already; a word is padded by at most 7.
        return payloadLength + entryCount * (Long.BYTES - 1);
    }

    private static int padded(final int keyLength) {
        return Math.max(Long.BYTES, (keyLength + Long.BYTES - 1) & -Long.BYTES);
    }

    private static int entryLength(final int keyLength, final boolean isLong) {
        return KEY_OFFSET + padded(keyLength) + (isLong ? Long.BYTES : 0);
    }

    private int offset(final int index) {
        return entries[index] << ALIGNMENT_SHIFT;
    }

    private long header(final int at) {
        return (long) LONG.get(arena, at);
    }

    private int keyLength(final int at) {
        return (int) (header(at) >>> KEY_LENGTH_SHIFT) & KEY_LENGTH_MAX;
    }

    private boolean isLong(final int at) {
        return (header(at) & FLAG_LONG) != 0;
    }

    private long longId(final int at) {
        return isLong(at) ? (long) LONG.get(arena, at + entryLength(keyLength(at), true) - Long.BYTES) : 0;
    }

    private long prefix(final int at, final int depth) {
        return (long) LONG.get(arena, at + KEY_OFFSET + depth) ^ Long.MIN_VALUE;
    }

    /**
     * The count of a word.
     *
     * @param index place in the order
     * @return its count
     */
    long count(final int index) {
        return header(offset(index)) >>> COUNT_SHIFT;
    }

    /**
     * Copies what a word is sorted by.
     *
     * @param index place in the order
     * @param target takes the key
     */
    void key(final int index, final SortKey target) {
        final int at = offset(index);
        target.length = keyLength(at);
        target.longId = longId(at);
        System.arraycopy(arena, at + KEY_OFFSET, target.bytes, 0, target.length);
    }

    /**
     * Forgets all but the first words of the order.
     *
     * @param count how many to keep; the arena has been sorted, and is not afterwards
     */
    void keepFirst(final int count) {
        for (int i = 0; i < count; i++) {
            final int at = offset(i);
            LONG.set(arena, at, header(at) | FLAG_KEEP);
        }
        final int end = used;
        clear();
        int at = 0;
        while (at < end) {
            final int length = entryLength(keyLength(at), isLong(at));
            final long header = header(at);
            if ((header & FLAG_KEEP) != 0) {
                System.arraycopy(arena, at, arena, used, length);
                LONG.set(arena, used, header & ~FLAG_KEEP);
                append(used);
                used += length;
            }
            at += length;
        }
    }

    /** Puts the words in order. */
    void sort() {
        for (int i = 0; i < size; i++) {
            prefixes[i] = prefix(offset(i), 0);
        }
        sort(0, size, 0);
    }

    // Multikey quicksort with cached keys (Bentley and Sedgewick 1997; Ng and Kakehi 2007): ranges are parted in three
    // by
    // eight bytes at a time, and the middle one goes on with the next eight. The two smaller parts recurse, so the
    // stack
    // stays logarithmic.
    private void sort(final int first, final int end, final int startDepth) {
        int from = first;
        int to = end;
        int depth = startDepth;
        while (to - from > INSERTION_SORT_MAX) {
            final long pivot = pivot(from, to);
            int less = from;
            int greater = to;
            int i = from;
            while (i < greater) {
                if (prefixes[i] < pivot) {
                    swap(less++, i++);
                } else if (prefixes[i] > pivot) {
                    swap(i, --greater);
                } else {
                    i++;
                }
            }
            final int lessCount = less - from;
            final int greaterCount = to - greater;
            final int equalCount = greater - less;
            if (equalCount >= lessCount && equalCount >= greaterCount) {
                sort(from, less, depth);
                sort(greater, to, depth);
                from = descend(less, greater, depth);
                to = greater;
                depth += Long.BYTES;
            } else {
                sort(descend(less, greater, depth), greater, depth + Long.BYTES);
                if (lessCount < greaterCount) {
                    sort(from, less, depth);
                    from = greater;
                } else {
                    sort(greater, to, depth);
                    to = less;
                }
            }
        }
        insertionSort(from, to);
    }

    private long pivot(final int from, final int to) {
        final int step = (to - from) / 8;
        final int middle = from + (to - from) / 2;
        return median(
                median(prefixes[from], prefixes[from + step], prefixes[from + 2 * step]),
                median(prefixes[middle - step], prefixes[middle], prefixes[middle + step]),
                median(prefixes[to - 1 - 2 * step], prefixes[to - 1 - step], prefixes[to - 1]));
    }

    private static long median(final long a, final long b, final long c) {
        return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    }

    private void swap(final int i, final int j) {
        final long prefix = prefixes[i];
        prefixes[i] = prefixes[j];
        prefixes[j] = prefix;
        final int entry = entries[i];
        entries[i] = entries[j];
        entries[j] = entry;
    }

    /** Orders the keys of a range that end with the eight bytes they agree in; returns where the others start. */
    private int descend(final int from, final int to, final int depth) {
        final int nextDepth = depth + Long.BYTES;
        int next = from;
        for (int i = from; i < to; i++) {
            if (keyLength(offset(i)) <= nextDepth) {
                swap(next++, i);
            }
        }
        if (next - from > 1) {
            final Integer[] ended = new Integer[next - from];
            for (int i = 0; i < ended.length; i++) {
                ended[i] = offset(from + i);
            }
            Arrays.sort(ended, this::compare);
            for (int i = 0; i < ended.length; i++) {
                entries[from + i] = ended[i] >>> ALIGNMENT_SHIFT;
            }
        }
        for (int i = next; i < to; i++) {
            prefixes[i] = prefix(offset(i), nextDepth);
        }
        return next;
    }

    private void insertionSort(final int from, final int to) {
        for (int i = from + 1; i < to; i++) {
            int j = i;
            while (j > from && isAfter(j - 1, j)) {
                swap(j - 1, j);
                j--;
            }
        }
    }

    private boolean isAfter(final int i, final int j) {
        return prefixes[i] == prefixes[j] ? compare(offset(i), offset(j)) > 0 : prefixes[i] > prefixes[j];
    }

    private int compare(final int left, final int right) {
        final int order = Arrays.compareUnsigned(
                arena,
                left + KEY_OFFSET,
                left + KEY_OFFSET + keyLength(left),
                arena,
                right + KEY_OFFSET,
                right + KEY_OFFSET + keyLength(right));
        return order != 0 || !isLong(left) || !isLong(right) || left == right
                ? order
                : (int) longWords.applyAsLong(longId(left), longId(right));
    }
}
