/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.ExpiryRule;
import org.agrona.DirectBuffer;

/**
 * When the entries of a state were written, and when they expire.
 *
 * <p>Threading: as the class that implements it says.
 */
interface Timestamps {
    /** When entries expire. */
    ExpiryRule rule();

    /** Whether entries expire now. */
    boolean expiring();

    /** Milliseconds of the store's clock. */
    long nowMs();

    /** When a value was written, or counts as written; the range is all that is in memory of it. */
    long timestampOf(DirectBuffer buffer, int offset, int length);
}
