package io.zoetrope.provenance;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.xml.namespace.QName;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import javax.xml.stream.XMLStreamWriter;

/**
 * An XMP packet (ISO 16684-1): properties of a file as RDF. Ours has IPTC's digital source type and what the IPTC Photo
 * Metadata Standard 2025.1 says of pictures made by machines, for all to read, and a {@link Provenance} as JSON.
 */
final class XmpPacket {
    private static final String DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/";
    private static final String TRAINED_MEDIA = DIGITAL_SOURCE_TYPE + "trainedAlgorithmicMedia";
    private static final String RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    private static final String XMP = "http://ns.adobe.com/xap/1.0/";
    private static final String IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
    private static final String OWN = "urn:zoetrope:provenance:1.0/";
    private static final QName SOURCE_TYPE = new QName(IPTC, "DigitalSourceType");
    private static final QName SYSTEM = new QName(IPTC, "AISystemUsed");
    private static final QName SYSTEM_VERSION = new QName(IPTC, "AISystemVersionUsed");
    private static final QName PROMPT = new QName(IPTC, "AIPromptInformation");
    private static final QName TOOL = new QName(XMP, "CreatorTool");
    private static final QName MADE_BY = new QName(OWN, "madeBy");
    private static final String PROMPT_SETTING = "prompt";
    /** What no XML 1.0 document may hold: halves of pairs that stand alone, and two that are no characters. */
    private static final Pattern NO_XML = Pattern
            .compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\ufffe\\uffff]");

    private final Map<QName, String> properties;
    private final Path source;

    private XmpPacket(Map<QName, String> properties, Path source) {
        this.properties = properties;
        this.source = source;
    }

    /** The packet for a file that {@code made} describes; the same one for the same. */
    static String of(Provenance made) {
        Map<QName, String> properties = new LinkedHashMap<>();
        properties.put(SOURCE_TYPE, TRAINED_MEDIA);
        properties.put(SYSTEM, made.model());
        properties.put(SYSTEM_VERSION, made.sha256());
        if (made.settings().has(PROMPT_SETTING)) {
            try {
                properties.put(PROMPT, NO_XML.matcher(made.settings().text(PROMPT_SETTING)).replaceAll("\ufffd"));
            } catch (BadFileException e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
        }
        properties.put(TOOL, "Zoetrope " + made.version());
        // Outside of its strings JSON is ASCII: what XML cannot hold is in them, and there it can be written so.
        properties.put(MADE_BY, NO_XML.matcher(made.json().toString())
                .replaceAll(found -> String.format(Locale.ROOT, "\\\\u%04x", (int) found.group().charAt(0))));
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
            // The byte order mark and this identifier are how programs find a packet in a file they cannot read.
            xml.writeProcessingInstruction("xpacket", "begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"");
            xml.writeStartElement("x", "xmpmeta", "adobe:ns:meta/");
            xml.writeNamespace("x", "adobe:ns:meta/");
            xml.writeStartElement("rdf", "RDF", RDF);
            xml.writeNamespace("rdf", RDF);
            xml.writeStartElement("rdf", "Description", RDF);
            xml.writeAttribute("rdf", RDF, "about", "");
            xml.writeNamespace("Iptc4xmpExt", IPTC);
            xml.writeNamespace("xmp", XMP);
            xml.writeNamespace("zoetrope", OWN);
            for (Map.Entry<QName, String> property : properties.entrySet()) {
                xml.writeStartElement(property.getKey().getNamespaceURI(), property.getKey().getLocalPart());
                xml.writeCharacters(property.getValue());
                xml.writeEndElement();
            }
            xml.writeEndElement();
            xml.writeEndElement();
            xml.writeEndElement();
            xml.writeProcessingInstruction("xpacket", "end=\"r\"");
            xml.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("properties are not XML: " + properties, e);
        }
        return text.toString();
    }

    /**
     * Reads the properties that are plain texts, written as elements or as attributes of rdf:Description.
     *
     * @param source file of the packet, for messages
     * @throws BadFileException if it is no XML
     */
    static XmpPacket parse(String text, Path source) throws IOException {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false); // nothing in a file may make us read another
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        Map<QName, String> properties = new LinkedHashMap<>();
        Deque<QName> open = new ArrayDeque<>();
        String characters = "";
        try {
            XMLStreamReader xml = factory.createXMLStreamReader(new StringReader(text.strip()));
            while (xml.hasNext()) {
                switch (xml.next()) {
                    case XMLStreamConstants.START_ELEMENT -> {
                        open.push(xml.getName());
                        characters = "";
                        for (int i = 0; isDescription(open) && i < xml.getAttributeCount(); i++) {
                            properties.putIfAbsent(xml.getAttributeName(i), xml.getAttributeValue(i));
                        }
                    }
                    case XMLStreamConstants.CHARACTERS -> characters = xml.getText();
                    case XMLStreamConstants.END_ELEMENT -> {
                        QName name = open.pop();
                        if (isDescription(open)) {
                            properties.putIfAbsent(name, characters.strip());
                        }
                        characters = "";
                    }
                    default -> {
                        // comments and processing instructions say nothing of the file
                    }
                }
            }
        } catch (XMLStreamException | RuntimeException e) {
            throw BadFileException.of(source, "has an XMP packet that is no XML (" + e.getMessage() + ")", "XMP",
                    "Use a copy that is whole", e);
        }
        return new XmpPacket(properties, source);
    }

    private static boolean isDescription(Deque<QName> open) {
        return !open.isEmpty() && open.peek().equals(new QName(RDF, "Description"));
    }

    /** Our own words of how the file was made, if it has them. @throws BadFileException if they are not whole */
    Optional<Provenance> provenance() throws IOException {
        String json = properties.get(MADE_BY);
        return json == null ? Optional.empty() : Optional.of(Provenance.of(Config.parse(json, source.toString())));
    }

    /** IPTC's term for how the file came to be, such as trainedAlgorithmicMedia. */
    Optional<String> digitalSourceType() {
        return Optional.ofNullable(properties.get(SOURCE_TYPE)).map(type -> type.replace(DIGITAL_SOURCE_TYPE, ""));
    }
}
