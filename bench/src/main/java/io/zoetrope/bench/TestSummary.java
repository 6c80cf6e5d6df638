package io.zoetrope.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Counts JUnit's reports below a folder, and names what failed; a class without a report died or took too long. Exits
 * with 1 when anything failed, or nothing ran.
 */
public final class TestSummary {
    private static final int LONGEST = 300;

    private int passed;
    private int failed;
    private int skipped;

    private TestSummary() {
    }

    public static void main(String[] args) throws IOException, ParserConfigurationException, SAXException {
        TestSummary summary = new TestSummary();
        for (Path log : list(Path.of(args[0]), "\\.txt")) {
            summary.addClass(log);
        }
        System.out.println(summary.passed + " passed, " + summary.failed + " failed, " + summary.skipped + " skipped");
        System.exit(summary.failed > 0 || summary.passed == 0 ? 1 : 0);
    }

    private static List<Path> list(Path folder, String ending) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches(".*" + ending)).sorted().toList();
        }
    }

    private void addClass(Path log) throws IOException, ParserConfigurationException, SAXException {
        String name = log.getFileName().toString().replaceFirst("\\.txt$", "");
        List<Path> reports = list(log.resolveSibling(name), "TEST-.*\\.xml");
        if (reports.isEmpty()) {
            failed++;
            System.out.println(name + ": no report (it died or took too long)");
        }
        for (Path report : reports) {
            NodeList cases = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile())
                    .getElementsByTagName("testcase");
            for (int i = 0; i < cases.getLength(); i++) {
                add(name, (Element) cases.item(i));
            }
        }
    }

    private void add(String name, Element test) {
        NodeList failures = test.getElementsByTagName("failure");
        NodeList errors = test.getElementsByTagName("error");
        if (failures.getLength() + errors.getLength() > 0) {
            failed++;
            Element trouble = (Element) (failures.getLength() > 0 ? failures : errors).item(0);
            String message = trouble.getAttribute("message").replaceAll("\\s+", " ");
            System.out.println(name + "." + test.getAttribute("name") + ": "
                    + message.substring(0, Math.min(LONGEST, message.length())));
        } else if (test.getElementsByTagName("skipped").getLength() > 0) {
            skipped++;
        } else {
            passed++;
        }
    }
}
