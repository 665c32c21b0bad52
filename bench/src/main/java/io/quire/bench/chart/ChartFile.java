/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.DoubleSummaryStatistics;
import java.util.Locale;
import java.util.stream.DoubleStream;
import javax.imageio.ImageIO;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGraphics2D;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.w3c.dom.Document;

/**
 * Makes charts of one look and saves each twice, as SVG for documents and as PNG for a quick look.
 *
 * <p>Threading: thread-safe, no state.
 */
final class ChartFile {
    private static final int WIDTH = 1100;
    private static final int HEIGHT = 560;
    private static final int FONT_SIZE = 13;
    private static final String SVG_NAMESPACE = "http://www.w3.org/2000/svg";

    /** Colours that people with any kind of colour vision tell apart (Okabe and Ito, 2008), then darker ones. */
    private static final Color[] COLORS = {
        new Color(0xD55E00),
        new Color(0x0072B2),
        new Color(0x009E73),
        new Color(0xCC79A7),
        new Color(0xE69F00),
        new Color(0x56B4E9),
        new Color(0x000000),
        new Color(0x999933),
        new Color(0x882255),
        new Color(0x44AA99),
        new Color(0x332288),
        new Color(0x777777),
        new Color(0xAA4499)
    };

    private ChartFile() {}

    static XYChart lines(final String title, final String x, final String y) {
        final XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .build();
        look(chart.getStyler());
        chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Line);
        return chart;
    }

    static CategoryChart bars(final String title, final String x, final String y) {
        final CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .build();
        look(chart.getStyler());
        return chart;
    }

    /**
     * Makes the vertical axis logarithmic. The figures given to the chart are then logarithms to base 10; the axis
     * shows what they stand for. (The library's own logarithmic axis draws error bars wrongly.)
     */
    static void logarithmic(final AxesChartStyler styler) {
        styler.setYAxisTickLabelsFormattingFunction(
                power -> power == Math.rint(power) ? ChartFile.plain(Math.pow(10, power)) : "");
    }

    /** Gives a logarithmic axis whole powers of ten at both ends, so that it has labels. */
    static void decades(final AxesChartStyler styler, final DoubleStream logarithms) {
        final DoubleSummaryStatistics range = logarithms.summaryStatistics();
        if (range.getCount() > 0) {
            styler.setYAxisMin(Math.floor(range.getMin()));
            styler.setYAxisMax(Math.max(Math.floor(range.getMin()) + 1, Math.ceil(range.getMax())));
        }
    }

    private static String plain(final double value) {
        return value < 1 ? Double.toString(value) : String.format(Locale.ROOT, "%,.0f", value);
    }

    static void addLine(
            final XYChart chart,
            final String name,
            final double[] x,
            final double[] y,
            final int colorIndex,
            final BasicStroke stroke) {
        chart.addSeries(name, x, y)
                .setMarker(SeriesMarkers.NONE)
                .setLineColor(COLORS[colorIndex % COLORS.length])
                .setLineStyle(stroke);
    }

    private static void look(final AxesChartStyler styler) {
        final Font font = new Font(Font.SANS_SERIF, Font.PLAIN, FONT_SIZE);
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setSeriesColors(COLORS);
        styler.setLegendPosition(Styler.LegendPosition.OutsideE);
        styler.setLegendFont(font);
        styler.setAxisTitleFont(font);
        styler.setAxisTickLabelsFont(font);
        styler.setChartTitleFont(font.deriveFont(Font.BOLD));
        styler.setPlotGridLinesColor(new Color(0xDDDDDD));
    }

    static void save(final Chart<?, ?> chart, final Path directory, final String name) throws IOException {
        Files.createDirectories(directory);
        final BufferedImage image = BitmapEncoder.getBufferedImage(chart);
        try (OutputStream out = Files.newOutputStream(directory.resolve(name + ".png"))) {
            ImageIO.write(image, "png", out);
        }
        final SVGGraphics2D graphics = new SVGGraphics2D(svgDocument());
        graphics.setSVGCanvasSize(new java.awt.Dimension(WIDTH, HEIGHT));
        chart.paint(graphics, WIDTH, HEIGHT);
        try (Writer out = Files.newBufferedWriter(directory.resolve(name + ".svg"), StandardCharsets.UTF_8)) {
            graphics.stream(out, true);
        }
    }

    private static Document svgDocument() {
        try {
            final DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setNamespaceAware(true);
            return factory.newDocumentBuilder().getDOMImplementation().createDocument(SVG_NAMESPACE, "svg", null);
        } catch (final ParserConfigurationException e) {
            throw new IllegalStateException(e);
        }
    }
}
