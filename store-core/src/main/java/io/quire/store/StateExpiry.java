/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * What a state has so that its expired entries can be removed: what finds their timestamps, the walks under which
 * nothing may be removed, and when to look again.
 *
 * <p>Threading: confined to the store's writer, but for the timestamps, which whoever opens the state sets.
 */
final class StateExpiry {
    private volatile Timestamps timestamps; // null until the state was opened with its codecs, if it has any
    private OpenWalks walks;
    private long nextPassMs = Long.MIN_VALUE;

    Timestamps timestamps() {
        return timestamps;
    }

    /** The state has been opened with a codec, of which a copy is kept: it may be used by another thread meanwhile. */
    void openedWith(final StoredCodec<?> opened) {
        timestamps = opened.copy();
    }

    /** The state carries timestamps that can be found without being opened by anybody. */
    void judgedBy(final Timestamps found) {
        timestamps = found;
    }

    /** Whether entries of the state expire, and can be found. */
    boolean isOn() {
        return timestamps != null && timestamps.expiring();
    }

    OpenWalks walks() {
        if (walks == null) {
            walks = new OpenWalks();
        }
        return walks;
    }

    /** Whether a walk is under way over the list or the map of a key. */
    boolean isWalkedOver(final byte[] key, final int keyLength) {
        return walks != null && walks.contains(key, keyLength);
    }

    /** When there may be something to remove again, milliseconds of the clock. */
    long nextPassMs() {
        return nextPassMs;
    }

    void nextPassMs(final long timeMs) {
        nextPassMs = timeMs;
    }
}
