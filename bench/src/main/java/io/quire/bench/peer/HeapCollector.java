/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryManagerMXBean;
import java.util.stream.Collectors;

/** The garbage collector of this JVM, as the settings of contestants on the heap tell it. */
final class HeapCollector {
    private HeapCollector() {}

    /** {@return the collector's parts by their own names, such as {@code PS MarkSweep, PS Scavenge}} */
    static String names() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .map(MemoryManagerMXBean::getName)
                .sorted()
                .collect(Collectors.joining(", "));
    }
}
