/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.work;

/**
 * One timed run of one work.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param operationCount operations done
 * @param durationNs nanoseconds that the timed parts took
 * @param allocatedBytes bytes that the measuring thread allocated on the heap meanwhile
 * @param collectionMs milliseconds that garbage collection took meanwhile
 * @param digest what the results add up to; printed so that no compiler may drop them
 */
public record WorkSample(long operationCount, long durationNs, long allocatedBytes, long collectionMs, long digest) {
    /**
     * Tells the mean time of an operation.
     *
     * @return nanoseconds
     */
    public double nsPerOperation() {
        return (double) durationNs / operationCount;
    }

    /**
     * Tells the mean allocation of an operation.
     *
     * @return bytes
     */
    public double bytesPerOperation() {
        return (double) allocatedBytes / operationCount;
    }
}
