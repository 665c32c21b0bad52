/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);

    @Test
    void shouldEstimateFromTheShareDone() {
        final ProgressLine progress = new ProgressLine(print, true, 100);
        progress.advance(25, "get");

        assertThat(progress.line(TimeUnit.MINUTES.toNanos(1), "get")).startsWith(" 25 %  ETA 03:00  get");
    }

    @Test
    void shouldNotCountEarlierSessionsAsPace() {
        final ProgressLine progress = new ProgressLine(print, true, 100);
        progress.skip(50);
        progress.advance(10, "get");

        assertThat(progress.line(TimeUnit.MINUTES.toNanos(1), "get")).startsWith(" 60 %  ETA 04:00  get");
    }

    @Test
    void shouldNotEstimateBeforeTheFirstStep() {
        assertThat(new ProgressLine(print, true, 100).line(5, "load")).startsWith("  0 %  ETA --:--  load");
    }

    @Test
    void shouldOverwriteTheLineOnATerminalOnly() {
        new ProgressLine(print, true, 100).advance(1, "get");
        assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("\r").doesNotContain("\n");
        out.reset();

        new ProgressLine(print, false, 100).advance(1, "get");
        assertThat(out.toString(StandardCharsets.UTF_8)).doesNotContain("\r").contains("\n");
    }
}
