/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

/**
 * What is compared of two states: how many entries they have, how many operations are in them, and a digest over every
 * entry that does not depend on their order.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param operationCount sum of all counters
 * @param counterCount counters
 * @param recordCount records
 * @param digest sum of the digests of all entries
 */
record StateDigest(long operationCount, long counterCount, long recordCount, long digest) {
    @Override
    public String toString() {
        return operationCount + " operations, " + counterCount + " counters, " + recordCount + " records, digest "
                + Long.toHexString(digest);
    }
}
