/** A TLS server of Java for tests, SSL 3.0 and export suites too, and a client to prove what it takes. */
import java.io.*; import java.net.*; import java.security.*; import javax.net.ssl.*;
public class Peer {
  public static void main(String[] words) throws Exception {
    for (String name : new String[] {"tls.disabledAlgorithms", "certpath.disabledAlgorithms", "tls.legacyAlgorithms"})
      Security.setProperty("jdk." + name, "");
    int port = Integer.parseInt(words[1]);
    if (words[0].equals("client")) client(port, words[2], words[3]);
    else serve(port, words[2], words.length > 4 ? words[3].split(",") : null, words.length > 4 ? words[4].split(",") : null);
  }
  /** Without protocols and suites: with all that it can do. */
  static void serve(int port, String file, String[] protocols, String[] suites) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(new FileInputStream(file), "secret".toCharArray());
    KeyManagerFactory managers = KeyManagerFactory.getInstance("SunX509");
    managers.init(keys, "secret".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port, 64, loopback);
    server.setEnabledProtocols(protocols != null ? protocols : server.getSupportedProtocols());
    server.setEnabledCipherSuites(suites != null ? suites : server.getSupportedCipherSuites());
    while (true) {
      SSLSocket guest = (SSLSocket) server.accept();
      new Thread(() -> {
        try (guest) { guest.setSoTimeout(9000); guest.startHandshake(); } catch (IOException gone) { }
      }).start();
    }
  }
  static void client(int port, String protocol, String suite) throws Exception {
    TrustManager all = new X509TrustManager() {
      public void checkClientTrusted(java.security.cert.X509Certificate[] c, String a) { }
      public void checkServerTrusted(java.security.cert.X509Certificate[] c, String a) { }
      public java.security.cert.X509Certificate[] getAcceptedIssuers() {
        return new java.security.cert.X509Certificate[0];
      }
    };
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {all}, null);
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
      socket.setEnabledProtocols(new String[] {protocol});
      socket.setEnabledCipherSuites(new String[] {suite});
      socket.startHandshake();
      System.out.println(socket.getSession().getProtocol() + " " + socket.getSession().getCipherSuite());
    }
  }
}
