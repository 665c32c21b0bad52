/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.profile;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Adds up the stacks that {@code perf script} prints: a line that begins without space opens a sample and names the
 * thread, indented lines are its frames from the innermost out, an empty line ends it.
 *
 * <p>Threading: confined to one thread.
 */
public final class PerfStacks {
    private final Map<String, Long> counts = new TreeMap<>();

    /** Makes an empty sum. */
    public PerfStacks() {}

    /**
     * Adds the samples of a report.
     *
     * @param lines what perf script printed
     */
    public void add(final Stream<String> lines) {
        final Deque<String> frames = new ArrayDeque<>();
        final String[] thread = new String[1];
        lines.forEach(line -> {
            if (line.isBlank()) {
                close(thread, frames);
            } else if (Character.isWhitespace(line.charAt(0))) {
                frames.addFirst(frameOf(line.trim()));
            } else if (!line.startsWith("#")) {
                close(thread, frames);
                thread[0] = threadOf(line);
            }
        });
        close(thread, frames);
    }

    private void close(final String[] thread, final Deque<String> frames) {
        if (thread[0] != null && !frames.isEmpty()) {
            counts.merge(thread[0] + ";" + String.join(";", frames), 1L, Long::sum);
        }
        thread[0] = null;
        frames.clear();
    }

    /** Takes the thread's name, which may hold spaces, from before the process and thread id. */
    private static String threadOf(final String line) {
        return line.replaceFirst("\\s+\\d+(/\\d+)?\\s.*", "").trim();
    }

    /** Takes the symbol from between the address and the file in parentheses, without the offset in it. */
    private static String frameOf(final String line) {
        final int symbol = line.indexOf(' ') + 1;
        final int file = line.lastIndexOf(" (");
        final String name = file > symbol ? line.substring(symbol, file) : line.substring(symbol);
        return name.replaceFirst("\\+0x[0-9a-f]+$", "").replace(';', ':');
    }

    /**
     * Gives the sums, one stack a line: frames from the outermost in, joined by semicolons, then the count.
     *
     * @return lines in order
     */
    public Stream<String> collapsed() {
        return counts.entrySet().stream().map(entry -> entry.getKey() + " " + entry.getValue());
    }
}
