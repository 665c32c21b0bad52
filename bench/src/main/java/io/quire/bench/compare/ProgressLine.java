/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/**
 * Shows how far a run is and when it will end: a line that is overwritten on a terminal, a new line now and then where
 * output goes elsewhere. The end is estimated from the share of the expected work that is done.
 *
 * <p>Threading: confined to one thread.
 */
public final class ProgressLine {
    private static final long QUIET_INTERVAL_NS = 10_000_000_000L;
    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");
    private static final int WIDTH = 100;

    private final PrintStream out;
    private final boolean terminal;
    private final double expectedWork;
    private final long startNs = System.nanoTime();
    private double doneWork;
    private double skippedWork;
    private long shownNs = startNs - QUIET_INTERVAL_NS;

    /**
     * Makes a display.
     *
     * @param out where to print
     * @param terminal whether lines can be overwritten there
     * @param expectedWork all that is to be done, in any unit
     */
    public ProgressLine(final PrintStream out, final boolean terminal, final double expectedWork) {
        this.out = out;
        this.terminal = terminal;
        this.expectedWork = expectedWork;
    }

    /**
     * Makes a display on standard error.
     *
     * @param expectedWork all that is to be done, in any unit
     * @return the display
     */
    public static ProgressLine onStandardError(final double expectedWork) {
        return new ProgressLine(System.err, isTerminal(STANDARD_ERROR), expectedWork);
    }

    /** Tells whether a file descriptor is a terminal, which System.console does not say of standard error. */
    private static boolean isTerminal(final Path descriptor) {
        try {
            final String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (final IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /**
     * Takes note of work that was done in an earlier session.
     *
     * @param work in the unit of the expected work
     */
    public void skip(final double work) {
        doneWork += work;
        skippedWork += work;
    }

    /**
     * Takes note of work and shows what comes next.
     *
     * @param work done since the last call, in the unit of the expected work
     * @param next what is being done now
     */
    public void advance(final double work, final String next) {
        doneWork += work;
        final long nowNs = System.nanoTime();
        if (!terminal && nowNs - shownNs < QUIET_INTERVAL_NS) {
            return;
        }
        shownNs = nowNs;
        final String line = line(nowNs - startNs, next);
        if (terminal) {
            out.print("\r" + line);
        } else {
            out.println(line.stripTrailing());
        }
        out.flush();
    }

    String line(final long elapsedNs, final String next) {
        final double share = Math.min(1, doneWork / expectedWork);
        final double sessionWork = doneWork - skippedWork;
        final String eta = sessionWork <= 0
                ? "--:--"
                : clock((long) (elapsedNs / sessionWork * Math.max(0, expectedWork - doneWork)));
        final String text = String.format(Locale.ROOT, "%3.0f %%  ETA %s  %s", 100 * share, eta, next);
        return String.format(Locale.ROOT, "%-" + WIDTH + "s", text.substring(0, Math.min(WIDTH, text.length())));
    }

    private static String clock(final long ns) {
        final Duration duration = Duration.ofNanos(ns);
        return duration.toHours() > 0
                ? String.format(
                        Locale.ROOT,
                        "%d:%02d:%02d",
                        duration.toHours(),
                        duration.toMinutesPart(),
                        duration.toSecondsPart())
                : String.format(Locale.ROOT, "%02d:%02d", duration.toMinutes(), duration.toSecondsPart());
    }

    /** Ends the line. */
    public void end() {
        if (terminal) {
            out.print("\r" + " ".repeat(WIDTH) + "\r");
            out.flush();
        }
    }
}
