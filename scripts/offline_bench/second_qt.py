"""Two windows made with Qt, whose state is written to a file: a mail and the settings of a radio.

/usr/bin/python3 second_qt.py mail|radio|limits FILE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PyQt5.QtGui import QIntValidator
from PyQt5.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QMainWindow,
    QMessageBox,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QTabWidget,
    QTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

FILE = Path(sys.argv[2])


def keep(**values: object) -> None:
    FILE.write_text(json.dumps(values), "utf-8")


class Mail(QMainWindow):
    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("New message")
        self.resize(720, 520)
        self.attached = ""
        form = QFormLayout()
        self.to, self.copy, self.subject = QLineEdit(), QLineEdit(), QLineEdit()
        self.priority = QComboBox()
        self.priority.addItems(["Low", "Normal", "High", "Urgent"])
        self.priority.setCurrentText("Normal")
        for name, field in (
            ("&To:", self.to),
            ("&Cc:", self.copy),
            ("&Subject:", self.subject),
            ("&Priority:", self.priority),
        ):
            form.addRow(name, field)
        self.text = QTextEdit()
        self.receipt = QCheckBox("Ask for a &receipt")
        self.note = QLabel("No attachment")
        send, attach = QPushButton("Send message"), QPushButton("Attach file…")
        send.clicked.connect(self.send)
        attach.clicked.connect(self.attach)
        row = QHBoxLayout()
        for widget in (attach, self.note, self.receipt, send):
            row.addWidget(widget)
        all_ = QVBoxLayout()
        all_.addLayout(form)
        all_.addWidget(self.text)
        all_.addLayout(row)
        middle = QWidget()
        middle.setLayout(all_)
        self.setCentralWidget(middle)
        menu = self.menuBar().addMenu("&Message")
        menu.addAction("Save &draft", self.draft)
        menu.addAction("Send &later", self.draft).setEnabled(False)
        menu.addAction("C&lose", self.close)
        options = self.menuBar().addMenu("&Options").addMenu("&Signature")
        for name in ("None", "Private", "Office"):
            options.addAction(name, lambda name=name: self.sign(name))

    def sign(self, name: str) -> None:
        self.text.setPlainText(f"\n-- \nMarta Brunner ({name})")

    def attach(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Attach", str(Path.home()), options=QFileDialog.DontUseNativeDialog)
        if name:
            self.attached = Path(name).name
            self.note.setText(self.attached)

    def state(self) -> dict[str, object]:
        return {
            "to": self.to.text(),
            "copy": self.copy.text(),
            "subject": self.subject.text(),
            "priority": self.priority.currentText(),
            "text": self.text.toPlainText(),
            "receipt": self.receipt.isChecked(),
            "attached": self.attached,
        }

    def draft(self) -> None:
        keep(did="draft", **self.state())
        self.statusBar().showMessage("Draft saved")

    def send(self) -> None:
        answer = QMessageBox.question(self, "Send?", "Send this message now?")
        if answer == QMessageBox.Yes:
            keep(did="sent", **self.state())
            self.close()


class Radio(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Radio settings")
        self.resize(620, 460)
        tabs = QTabWidget()
        sound, stations = QWidget(), QWidget()
        one = QFormLayout(sound)
        self.volume = QSpinBox()
        self.volume.setRange(0, 100)
        self.volume.setValue(35)
        self.night = QCheckBox("Quiet at night")
        self.mono, self.stereo = QRadioButton("Mono"), QRadioButton("Stereo")
        self.stereo.setChecked(True)
        one.addRow("Volume in percent", self.volume)
        one.addRow(self.night)
        one.addRow(self.mono)
        one.addRow(self.stereo)
        two = QHBoxLayout(stations)
        self.list = QListWidget()
        self.list.addItems(["Radio Nord", "Jazz at Night", "City News", "Folk 24"])
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["Genre"])
        for top, below in (("Music", ("Classical", "Blues")), ("Talk", ("Science", "Sports"))):
            item = QTreeWidgetItem([top])
            item.addChildren([QTreeWidgetItem([name]) for name in below])
            self.tree.addTopLevelItem(item)
        two.addWidget(self.list)
        two.addWidget(self.tree)
        tabs.addTab(sound, "Sound")
        tabs.addTab(stations, "Stations")
        buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel | QDialogButtonBox.Apply)
        buttons.button(QDialogButtonBox.Apply).clicked.connect(self.apply)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addWidget(tabs)
        column.addWidget(buttons)

    def apply(self) -> None:
        item, leaf = self.list.currentItem(), self.tree.currentItem()
        keep(
            volume=self.volume.value(),
            night=self.night.isChecked(),
            mono=self.mono.isChecked(),
            station=item.text() if item else "",
            genre=leaf.text(0) if leaf else "",
        )

    def accept(self) -> None:
        self.apply()
        self.close()


class Limits(QWidget):
    """Fields that do not take everything, and a button that is not for now."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Locker")
        self.resize(420, 260)
        form = QFormLayout(self)
        number, code, save = QLineEdit(), QLineEdit(), QPushButton("Rent locker")
        number.setValidator(QIntValidator(0, 99))
        code.setMaxLength(4)
        save.setEnabled(False)
        form.addRow("Locker number", number)
        form.addRow("Code", code)
        form.addRow(save)


app = QApplication(sys.argv)
window = {"mail": Mail, "radio": Radio, "limits": Limits}[sys.argv[1]]()
window.show()
sys.exit(app.exec_())
