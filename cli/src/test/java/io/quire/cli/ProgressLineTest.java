/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProgressLineTest {
    private static ProgressLine line(final String detail, final long done, final long total, final double rate) {
        return new ProgressLine("wordcount", detail, done, total, rate, ProgressLine.Unit.BYTES);
    }

    @Test
    void shouldSayHowFarItIsWithRateAndEta() {
        assertThat(line("", 121_500_000, 270_000_000, 85_200_000).plain())
                .isEqualTo("wordcount: 45%, 121.5 MB of 270.0 MB, 85.2 MB/s, ETA 0:02");
        assertThat(line("standard input", 5, -1, 0).plain()).isEqualTo("wordcount: 5 B, 0 B/s, standard input");
    }

    @Test
    void shouldDrawABar() {
        assertThat(line("a.txt", 121_500_000, 270_000_000, 85_200_000).bar(100))
                .isEqualTo("wordcount [#############-----------------]  45%  121.5 MB / 270.0 MB  85.2 MB/s  ETA 0:02"
                        + "  a.txt");
    }

    @Test
    void shouldFitIntoAnyWidth() {
        for (int width = 20; width < 200; width++) {
            for (final long total : new long[] {-1, 0, 10, Long.MAX_VALUE}) {
                assertThat(line("/a/very/long/path/to/some\u001bfile\uD83D\uDE00.txt", 7, total, 1e15)
                                .bar(width))
                        .hasSizeLessThanOrEqualTo(width)
                        .doesNotContain("\u001b");
            }
        }
    }
}
