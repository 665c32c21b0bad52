/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.work;

import com.sun.management.ThreadMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * What the present thread has allocated on the heap and how long collections took.
 *
 * <p>Threading: confined to one thread.
 */
public final class AllocationMeter {
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final List<GarbageCollectorMXBean> collectors = ManagementFactory.getGarbageCollectorMXBeans();
    private final long threadId = Thread.currentThread().getId();

    /** Makes a meter for the calling thread. */
    public AllocationMeter() {}

    /**
     * Reads how much the thread has allocated since it started; the call itself allocates nothing.
     *
     * @return bytes
     */
    public long allocatedBytes() {
        return threads.getThreadAllocatedBytes(threadId);
    }

    /**
     * Reads how long collections have taken since the JVM started.
     *
     * @return milliseconds
     */
    public long collectionMs() {
        long sum = 0;
        for (final GarbageCollectorMXBean collector : collectors) {
            sum += Math.max(0, collector.getCollectionTime());
        }
        return sum;
    }
}
