"""A warehouse made with Qt for the fourth set; what it books is appended to the file of the first argument, a JSON line each."""

import json
import sys
from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QAction,
    QApplication,
    QCheckBox,
    QComboBox,
    QCompleter,
    QFormLayout,
    QLineEdit,
    QMainWindow,
    QMessageBox,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)


class Warehouse(QMainWindow):
    """Three tabs: what comes in, what is there, and who may see it."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self.log = log
        self.setWindowTitle("Warehouse")
        self.resize(680, 470)
        tabs = QTabWidget()
        self.setCentralWidget(tabs)
        tabs.addTab(self.incoming(), "Incoming")
        tabs.addTab(self.shelves(), "Shelves")
        tabs.addTab(self.rights(), "Rights")
        menu = self.menuBar().addMenu("&Stock")
        for text in ("Count again", "Close month…"):
            action = QAction(text, self)
            action.triggered.connect(lambda _, text=text: self.chosen(text))
            menu.addAction(action)
        view = self.menuBar().addMenu("&View")
        compact = QAction("Compact rows", self, checkable=True)
        compact.toggled.connect(lambda on: self.keep(compact=on))
        view.addAction(compact)

    def keep(self, **what: object) -> None:
        with self.log.open("a") as file:
            file.write(json.dumps(what) + "\n")
        self.statusBar().showMessage(", ".join(f"{key}: {value}" for key, value in what.items()))

    def chosen(self, text: str) -> None:
        if text.startswith("Close"):
            asked = QMessageBox.question(self, "Close month", "Close the month for good?")
            self.keep(closed=asked == QMessageBox.Yes)
        else:
            self.keep(chosen=text)

    def incoming(self) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        supplier, pieces, place, fragile = QLineEdit(), QSpinBox(), QComboBox(), QCheckBox("Fragile")
        supplier.setCompleter(QCompleter(["Baumann", "Bauer", "Lindqvist"]))
        place.addItems(["Hall A", "Hall B", "Cold store"])
        form.addRow("Supplier", supplier)
        form.addRow("Pieces", pieces)
        form.addRow("Store in", place)
        form.addRow("", fragile)
        book = QPushButton("Book delivery")
        book.clicked.connect(
            lambda: self.keep(
                supplier=supplier.text(), pieces=pieces.value(), place=place.currentText(), fragile=fragile.isChecked()
            )
        )
        form.addRow("", book)
        return page

    def shelves(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        table = QTableWidget(4, 3)
        table.setHorizontalHeaderLabels(["Article", "Shelf", "Minimum"])
        for row, cells in enumerate(
            (("Hinge", "A-11", "40"), ("Latch", "A-12", "25"), ("Handle", "B-03", "10"), ("Castor", "C-20", "60"))
        ):
            for at, text in enumerate(cells):
                table.setItem(row, at, QTableWidgetItem(text))
        table.itemChanged.connect(
            lambda item: self.keep(article=table.item(item.row(), 0).text(), column=item.column(), to=item.text())
        )
        column.addWidget(table)
        return page

    def rights(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        tree = QTreeWidget()
        tree.setHeaderLabels(["May see"])
        for group, members in (("Office", ("Prices", "Suppliers")), ("Floor", ("Shelf plan", "Alarm codes"))):
            top = QTreeWidgetItem(tree, [group])
            for member in members:
                leaf = QTreeWidgetItem(top, [member])
                leaf.setCheckState(0, Qt.Unchecked)
        tree.itemChanged.connect(lambda item, at: self.keep(may_see=item.text(0), on=item.checkState(at) == Qt.Checked))
        column.addWidget(tree)
        return page


if __name__ == "__main__":
    application = QApplication(sys.argv)
    window = Warehouse(Path(sys.argv[1]))
    window.show()
    application.exec_()
