/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The content of a file in {@link FaultStoreFiles}: as the page cache has it, as the disk surely has it, and the
 * changes between the two.
 *
 * <p>Threading: confined to its file system's lock.
 */
final class ModelInode {
    /** A write, or a change of length when there are no bytes. */
    private record Change(int position, byte[] bytes) {
        int end() {
            return position + bytes.length;
        }
    }

    private byte[] bytes = new byte[0];
    private int length;
    private byte[] durableBytes = new byte[0];
    private final List<Change> pending = new ArrayList<>();

    ModelInode() {}

    ModelInode(final byte[] content) {
        bytes = content.clone();
        length = content.length;
        durableBytes = content.clone();
    }

    int length() {
        return length;
    }

    byte[] content() {
        return Arrays.copyOf(bytes, length);
    }

    void read(final int position, final byte[] target, final int targetOffset, final int count) {
        System.arraycopy(bytes, position, target, targetOffset, count);
    }

    /** {@return the bytes themselves, for a copy to native memory} */
    byte[] rawBytes() {
        return bytes;
    }

    void write(final int position, final byte[] source) {
        bytes = apply(bytes, length, position, source);
        length = Math.max(length, position + source.length);
        pending.add(new Change(position, source.clone()));
    }

    /** Writes some sectors only, as a device that fails in the middle. */
    void tear(final int position, final byte[] source, final Random random) {
        for (int start = 0; start < source.length; ) {
            final int end = Math.min(source.length, ((position + start) / 512 + 1) * 512 - position);
            if (random.nextBoolean()) {
                write(position + start, Arrays.copyOfRange(source, start, end));
            }
            start = end;
        }
    }

    void setLength(final int newLength) {
        if (newLength < length) {
            Arrays.fill(bytes, newLength, length, (byte) 0);
        } else if (newLength > bytes.length) {
            bytes = Arrays.copyOf(bytes, newLength);
        }
        length = newLength;
        pending.add(new Change(newLength, null));
    }

    void force() {
        durableBytes = content();
        pending.clear();
    }

    /** Forces a range, and the length it needs; what was written elsewhere stays as unsure as it was. */
    void force(final int position, final int count) {
        final int end = position + count;
        durableBytes = apply(durableBytes, durableBytes.length, position, Arrays.copyOfRange(bytes, position, end));
        final List<Change> before = new ArrayList<>(pending);
        pending.clear();
        for (final Change change : before) {
            if (change.bytes == null) {
                pending.add(change);
            } else {
                keepPending(change, change.position, Math.min(change.end(), position));
                keepPending(change, Math.max(change.position, end), change.end());
            }
        }
    }

    private void keepPending(final Change change, final int from, final int to) {
        if (from < to) {
            pending.add(
                    new Change(from, Arrays.copyOfRange(change.bytes, from - change.position, to - change.position)));
        }
    }

    /** What a failed force leaves: the cache keeps the bytes, nothing will ever write them. */
    void loseUnsynced() {
        pending.clear();
    }

    /**
     * What the disk has after a power loss.
     *
     * @param random decides which unsynced sectors arrived, which did not, and which are torn
     * @param sectorLength bytes the device writes at once
     * @return a file of which everything is durable
     */
    ModelInode afterPowerLoss(final Random random, final int sectorLength) {
        byte[] image = durableBytes.clone();
        final int keepOf4 = random.nextInt(5); // 0 = all unsynced writes lost, 4 = none.
        for (final Change change : pending) {
            if (change.bytes == null) {
                if (random.nextInt(4) < keepOf4) {
                    image = Arrays.copyOf(image, change.position);
                }
            } else {
                image = keepSectors(image, change, random, sectorLength, keepOf4);
            }
        }
        return new ModelInode(image);
    }

    private static byte[] keepSectors(
            final byte[] before, final Change change, final Random random, final int sectorLength, final int keepOf4) {
        byte[] image = before;
        final int end = change.position + change.bytes.length;
        for (int start = change.position; start < end; ) {
            final int sectorEnd = Math.min(end, (start / sectorLength + 1) * sectorLength);
            if (random.nextInt(4) < keepOf4) {
                final byte[] sector =
                        Arrays.copyOfRange(change.bytes, start - change.position, sectorEnd - change.position);
                if (keepOf4 < 4 && random.nextInt(16) == 0) {
                    random.nextBytes(sector); // The device was writing this one.
                }
                image = apply(image, image.length, start, sector);
                image = image.length < sectorEnd ? Arrays.copyOf(image, sectorEnd) : image;
            } else if (keepOf4 > 0 && random.nextBoolean() && image.length < sectorEnd) {
                image = Arrays.copyOf(image, sectorEnd); // The length arrived, the data did not.
            }
            start = sectorEnd;
        }
        return image;
    }

    private static byte[] apply(final byte[] target, final int length, final int position, final byte[] source) {
        byte[] result = target;
        if (position + source.length > target.length) {
            final int grown = length == target.length ? position + source.length : target.length * 2;
            result = Arrays.copyOf(target, Math.max(position + source.length, grown));
        }
        System.arraycopy(source, 0, result, position, source.length);
        return result;
    }
}
